/** What is used of the published client, which has no types and is not there until install.ts has run. */
import type { CallResult } from "./messages.ts";

export interface Api extends Hub {
  call(method: string | AbortableCall, ...args: readonly unknown[]): Promise<Result>;
  voidCall(method: string, ...args: readonly unknown[]): void;
  /** Resolves at once for a client without a connection of its own. */
  waitConnect(): Promise<void>;
}

/** Who listens with a cluster's own class gives and hears names without their cluster. */
export interface Cluster extends Hub {
  readonly api: Api;
  readonly mutexes: { get(id: string): SharedMutex };
  publish(...args: readonly unknown[]): void;
}

export interface SharedMutex {
  /** Aborts when the mutex is unlocked or lost, and is another one then. */
  readonly abortSignal: AbortSignal;
  isLocked(): Promise<unknown>;
  tryLock(): Promise<unknown>;
  lock(wishes: { readonly signal: AbortSignal }): Promise<unknown>;
  unlock(): Promise<unknown>;
}

interface Hub {
  on(name: string, listener: Listener): unknown;
  once(name: string, listener: Listener): unknown;
  off(name: string, listener: Listener): unknown;
}

export type Listener = (...args: readonly unknown[]) => void;

interface AbortableCall {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly signal: AbortSignal;
}

interface Result {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly isException: boolean;
  readonly data?: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
}

interface ApiWishes {
  readonly maxConnections: number;
  readonly token?: string;
}

export const Api: new (url: string, wishes: ApiWishes) => Api = await imported("api");

export const SharedMutex: new (api: Api, id: string) => SharedMutex =
  await imported("threads/shared-mutex");

export const Cluster: new (name: string, url: string) => Cluster = await imported(
  "app/components/cluster/cluster",
);

async function imported(name: string) {
  return (await import(`@softvisio/core/${name}`)).default;
}

export function plain({ ok, status, statusText, isException, data, meta }: Result): CallResult {
  return { ok, status, text: statusText, isException, data, meta };
}
