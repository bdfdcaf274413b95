import type { HttpResponse } from "../../src/protocols/protocol.ts";
import type { LdlmAnswer } from "../ldlm-session.ts";
import { type ClientParts, pause } from "./client.ts";
import { NoAnswer } from "./network.ts";

/** A client of LDLM REST: it opens sessions, takes, renews and gives back locks, and forgets some. */
export async function runLdlmClient(parts: ClientParts): Promise<void> {
  while (!parts.isOver()) {
    const session = await openSession(parts);
    if (session !== undefined) await useSession(parts, session);
    await pause(parts, 300);
  }
}

interface Session {
  readonly cookie: string;
  readonly holdings: Holding[];
  isOver: boolean;
}

interface Holding {
  readonly name: string;
  readonly key: string;
}

async function openSession(parts: ClientParts): Promise<Session | undefined> {
  const response = await ask(parts, "", "POST", "/session");
  const cookie = response?.headers["Set-Cookie"]?.split(";")[0];
  return cookie === undefined ? undefined : { cookie, holdings: [], isOver: false };
}

async function useSession(parts: ClientParts, session: Session): Promise<void> {
  const { random } = parts;
  const turns = 1 + random.below(20);
  for (let turn = 0; turn < turns && !session.isOver && !parts.isOver(); turn++) {
    await takeTurn(parts, session);
    await pause(parts, random.pick([5, 50, 1_000]));
  }
  if (random.chance(0.5)) await ask(parts, session.cookie, "DELETE", "/session");
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

/** `undefined`: nobody knows what became of it, or it was refused. */
async function call(
  parts: ClientParts,
  session: Session,
  path: string,
  fields: object,
): Promise<LdlmAnswer | undefined> {
  const response = await ask(parts, session.cookie, "POST", path, JSON.stringify(fields));
  if (response?.status === 401) session.isOver = true;
  return response?.status === 200 ? JSON.parse(response.body) : undefined;
}

async function ask(
  { name, network, chronicle, random, asked }: ClientParts,
  cookie: string,
  method: string,
  path: string,
  body = "",
): Promise<HttpResponse | undefined> {
  asked();
  chronicle.tell(name, () => `asks ${method} ${path} ${body}`.trimEnd());
  const request = { method, path, query: "", headers: { cookie }, body: Buffer.from(body) };
  try {
    const response = await network.request(request, random.pick([200, 3_000, 60_000]));
    chronicle.tell(name, () => `hears ${response.status} ${response.body}`);
    return response;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    chronicle.tell(name, () => `hears nothing about ${method} ${path} ${body}`.trimEnd());
    return undefined;
  }
}
