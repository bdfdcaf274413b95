import type { NodeId } from "../../../src/core/ids.ts";
import type { LdlmAnswer } from "../../ldlm-session.ts";
import { anyNode, type ClientParts, pause } from "./client.ts";
import { ask, askForSession } from "./ldlm-requests.ts";

/** A client of LDLM REST: it opens sessions, acquires, renews and releases locks, and forgets some. */
export async function runLdlmClient(parts: ClientParts): Promise<void> {
  while (!parts.isOver()) {
    const session = await openSession(parts);
    if (session !== undefined) await useSession(parts, session);
    await pause(parts, 300);
  }
}

interface Session {
  /** The node that the client asks. It may change after a request without an answer, and at any other time. */
  node: NodeId;
  readonly cookie: string;
  readonly holdings: Holding[];
  isOver: boolean;
}

interface Holding {
  readonly name: string;
  readonly key: string;
}

async function openSession(parts: ClientParts): Promise<Session | undefined> {
  const node = anyNode(parts);
  const cookie = await askForSession(parts, node, patienceMs(parts));
  return cookie === undefined ? undefined : { node, cookie, holdings: [], isOver: false };
}

async function useSession(parts: ClientParts, session: Session): Promise<void> {
  const { random } = parts;
  const turns = 1 + random.below(20);
  for (let turn = 0; turn < turns && !session.isOver && !parts.isOver(); turn++) {
    await takeTurn(parts, session);
    await pause(parts, random.pick([5, 50, 1_000]));
  }
  if (random.chance(0.5)) await endSession(parts, session);
}

async function endSession(parts: ClientParts, { node, cookie }: Session): Promise<void> {
  const path = "/session";
  await ask(parts, { node, method: "DELETE", path, cookie, patienceMs: patienceMs(parts) });
}

async function takeTurn(parts: ClientParts, session: Session): Promise<void> {
  const { random, keys } = parts;
  const held = session.holdings[0];
  const roll = random.below(10);
  if (held !== undefined && roll < 2) {
    await call(parts, session, "/v1/renew", { ...held, lock_timeout_seconds: leaseSeconds(parts) });
  } else if (held !== undefined && roll < 6) {
    session.holdings.shift();
    await call(parts, session, "/v1/unlock", held);
  } else if (roll === 6 && keys.length > 0) {
    const { name, key } = keys[random.below(keys.length)] as Holding;
    await call(parts, session, "/v1/unlock", { name, key });
  } else {
    await lock(parts, session);
  }
}

async function lock(parts: ClientParts, session: Session): Promise<void> {
  const { random, scenario, keys } = parts;
  const name = random.pick(scenario.names);
  const size = name === "a" ? 1 : random.pick([2, 2, 2, 3]);
  const lease = random.chance(0.6) ? { lock_timeout_seconds: leaseSeconds(parts) } : {};
  const answer = await call(parts, session, "/v1/lock", { name, size, ...lease });
  if (answer?.locked !== true || answer.key === undefined) return;
  session.holdings.push({ name, key: answer.key });
  keys.push({ name, key: answer.key });
}

function leaseSeconds({ random }: ClientParts): number {
  return random.pick([1, 1, 2, 5]);
}

/** Resolves to `undefined` when the server refused the call, or its outcome is unknown. */
async function call(
  parts: ClientParts,
  session: Session,
  path: string,
  fields: object,
): Promise<LdlmAnswer | undefined> {
  const { node, cookie } = session;
  const request = { node, method: "POST", path, cookie, fields } as const;
  const response = await ask(parts, { ...request, patienceMs: patienceMs(parts) });
  if (response === undefined || parts.random.chance(0.1)) session.node = anyNode(parts);
  if (response?.status === 401) session.isOver = true;
  return response?.status === 200 ? JSON.parse(response.body) : undefined;
}

function patienceMs({ random }: ClientParts): number {
  return random.pick([200, 3_000, 60_000]);
}
