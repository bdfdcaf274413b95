/** The five methods as tests call them, each of which fails when its call does. */
import assert from "node:assert/strict";
import type { Abortable, SoftvisioClient } from "./client-process.ts";
import type { CallResult } from "./messages.ts";

/** Of a lock id. */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The data of a call that went well; `undefined` when there was none. */
export async function dataOf(call: Promise<CallResult>): Promise<unknown> {
  const { ok, status, text, isException, data } = await call;
  assert.deepEqual(
    { ok, status, text, isException },
    { ok: true, status: 200, text: "OK", isException: false },
  );
  return data;
}

/** The lock id of a grant. */
export async function grantOf(call: Promise<CallResult>): Promise<string> {
  const id = String(await dataOf(call));
  assert.match(id, uuid);
  return id;
}

/** The status of a call that failed in order. */
export async function failureOf(call: Promise<CallResult>): Promise<number> {
  const { ok, status, isException, data } = await call;
  assert.deepEqual({ ok, isException, data }, { ok: false, isException: false, data: undefined });
  return status;
}

export function isLocked(client: SoftvisioClient, mutex: string): Promise<unknown> {
  return dataOf(client.call("/v1/mutexes/is-locked", mutex));
}

export function tryLock(client: SoftvisioClient, mutex: string): Promise<CallResult> {
  return client.call("/v1/mutexes/try-lock", mutex);
}

export function lock(client: SoftvisioClient, mutex: string): Promise<CallResult> {
  return client.call("/v1/mutexes/lock", mutex);
}

/** Asks for a lock that somebody has; the server has heard of it when this resolves. */
export async function waiting(
  client: SoftvisioClient,
  mutex: string,
): Promise<Abortable<CallResult>> {
  const call = client.callAbortable("/v1/mutexes/lock", mutex);
  assert.equal(await isLocked(client, mutex), true);
  return call;
}

export function unlock(client: SoftvisioClient, mutex: string, id: string): Promise<unknown> {
  return dataOf(client.call("/v1/mutexes/unlock", mutex, id));
}

export function publish(client: SoftvisioClient, cluster: string, event: object): Promise<unknown> {
  return dataOf(client.call("/v1/events/publish", cluster, event));
}

/** What a client hears that listens to this name. */
export function event(name: string, ...args: readonly unknown[]): object {
  return { type: "event", name, args };
}
