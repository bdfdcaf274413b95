/** Locks of all APIs that the good client holds for the whole time, and proofs that they are held. */
import assert from "node:assert/strict";
import { lock } from "../../test/conformance/locktopus/connection.cases.ts";
import { openLdlmClient } from "../ldlm-client.ts";
import { connectLocktopus } from "../locktopus-peer.ts";
import { connectSoftvisio } from "../softvisio-peer.ts";
import { openRest, type RestClient } from "./rest.ts";

export interface Credentials {
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

export interface Holdings extends Credentials {
  /** Of the REST session, as the header that names it. */
  readonly cookie: string;
  /** The key of each name; Locktopus has none. */
  readonly keys: Readonly<Record<string, string | undefined>>;
}

/** Their connections stay open until the process ends. */
export async function takeHoldings(port: number, given: Credentials): Promise<Holdings> {
  const { password, token } = given;
  const rest = openRest({ port, password });
  const { cookie = "" } = await rest.ask("POST", "/session");
  rest.close();
  const session = openRest({ port, password, cookie });
  const keys: Record<string, string | undefined> = {};
  for (const name of ["kept-rest-1", "kept-rest-2"]) keys[name] = await lockOver(session, name);
  keys["kept-lease"] = await lockOver(session, "kept-lease", { lock_timeout_seconds: 3600 });
  session.close();

  const metadata = password === undefined ? {} : { metadata: { authorization: password } };
  const grpc = openLdlmClient(port);
  const { message } = await grpc.call("TryLock", { name: "kept-grpc" }, metadata).ended;
  keys["kept-grpc"] = message?.key;

  const cluster = await connectSoftvisio(port, token);
  const { result } = await cluster.call("/v1/mutexes/lock", "kept-softvisio");
  keys["kept-softvisio"] = String(result?.data);

  const peer = await connectLocktopus(port, "namespace=default");
  peer.send(lock("write kept-locktopus"));
  assert.equal((await peer.hear()).state, "acquired");
  keys["kept-locktopus"] = undefined;
  return { ...given, cookie, keys };
}

async function lockOver(session: RestClient, name: string, more = {}): Promise<string> {
  return (await grantOver(session, name, more)).key;
}

async function grantOver(session: RestClient, name: string, more = {}): Promise<Grant> {
  const { text, token } = await session.ask("POST", "/v1/lock", { name, ...more });
  const { locked, key } = JSON.parse(text);
  assert.equal(locked, true, text);
  return { key, token };
}

interface Grant {
  readonly key: string;
  readonly token: number;
}

/** The same holdings and one lock more, which is the newest that there is, with its fencing token. */
export async function takenOneMore(port: number, holdings: Holdings) {
  const session = openRest({ port, ...holdings });
  const name = `kept-last-${Object.keys(holdings.keys).length}`;
  const { key, token } = await grantOver(session, name);
  session.close();
  return { token, holdings: { ...holdings, keys: { ...holdings.keys, [name]: key } } };
}

/** The names that are not held any more: even their own session would get them. */
export async function lostOf(port: number, holdings: Holdings): Promise<readonly string[]> {
  const session = openRest({ port, ...holdings });
  const lost: string[] = [];
  for (const name of Object.keys(holdings.keys)) {
    const { status, text } = await session.ask("POST", "/v1/lock", { name });
    if (status !== 200 || JSON.parse(text).locked !== false) lost.push(`${name}: ${text}`);
  }
  session.close();
  return lost;
}

/** Gives all back by their keys; the names for which that fails. */
export async function unreturnedOf(port: number, holdings: Holdings): Promise<readonly string[]> {
  const session = openRest({ port, ...holdings });
  const failed: string[] = [];
  for (const [name, key] of Object.entries(holdings.keys)) {
    if (key === undefined) continue;
    const { status, text } = await session.ask("POST", "/v1/unlock", { name, key });
    if (status !== 200 || JSON.parse(text).unlocked !== true) failed.push(`${name}: ${text}`);
  }
  session.close();
  return failed;
}
