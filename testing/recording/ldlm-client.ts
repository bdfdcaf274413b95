import assert from "node:assert/strict";
import type { LdlmAnswer } from "../ldlm-session.ts";
import type { AskAnswer } from "../linearizability/locks/operation.ts";
import { ConnectionLost } from "../locktopus-peer.ts";
import { createLdlmConnection, type LdlmConnection, type LdlmResponse } from "./ldlm-connection.ts";
import { type Holding, leaseMs, letOthersAct, type Play } from "./play.ts";
import type { Life } from "./shaken-server.ts";

/**
 * Tries locks, renews them and gives them back, its own and those of others, lets leases run out and
 * sleeps over others, ends its session at times, and cuts its connection under a request.
 */
export async function playLdlm(play: Play, client: string): Promise<void> {
  const { server } = play;
  const user: User = { client, cookie: undefined, sessions: 0, isLeaving: false, holdings: [] };
  for (let isDone = false; !isDone; ) {
    const life = await server.life();
    const connection = createLdlmConnection(life.port);
    isDone = await useConnection(play, life, { user, connection });
    connection.cut();
  }
}

/** What outlives a connection. */
interface User {
  readonly client: string;
  /** Of its session; `undefined` while it has none. */
  cookie: string | undefined;
  sessions: number;
  /** Does nothing more but end its session: nobody knows what it holds, or whether it is over already. */
  isLeaving: boolean;
  holdings: Holding[];
}

interface Connected {
  readonly user: User;
  readonly connection: LdlmConnection;
}

/** Returns whether there is nothing more to do; else the connection was lost. */
async function useConnection(play: Play, life: Life, connected: Connected): Promise<boolean> {
  try {
    while (!play.isOver()) {
      await takeTurn(play, connected);
      await letOthersAct(play);
    }
    // Nobody shall wait for what this one holds, or may hold.
    if (connected.user.cookie !== undefined) await endSession(play, connected);
    return true;
  } catch (error) {
    connected.user.isLeaving ||= play.random.chance(0.3);
    if (error instanceof Cut) return false;
    if (!(error instanceof ConnectionLost)) throw error;
    await play.server.afterDeath(life);
    return false;
  }
}

/** The connection was lost by our own doing. */
class Cut extends Error {
  override readonly name = "Cut";
}

async function takeTurn(play: Play, connected: Connected): Promise<void> {
  const { random, keys } = play;
  const { user } = connected;
  if (user.cookie === undefined) return openSession(connected);
  if (user.isLeaving) return endSession(play, connected);
  const own = user.holdings[0];
  const known = keys[random.below(Math.max(1, keys.length))];
  const roll = random.below(100);
  if (own?.isLeased && play.wantsSleep()) {
    await play.sleep();
    await (random.chance(0.5) ? renew : unlock)(play, connected, own);
  } else if (own !== undefined && roll < 40) {
    user.holdings.shift();
    // A lease that nobody gives back runs out.
    if (!own.isLeased || random.chance(0.7)) await unlock(play, connected, own);
  } else if (own?.isLeased && roll < 50) {
    await renew(play, connected, own);
  } else if (known !== undefined && roll < 52) {
    await (random.chance(0.7) ? unlock : renew)(play, connected, known);
  } else if (roll === 99) {
    await endSession(play, connected);
  } else {
    await lock(play, connected);
  }
}

async function openSession({ user, connection }: Connected): Promise<void> {
  const { status, cookie } = await connection.ask("POST", "/session", {});
  assert.equal(status, 201);
  user.cookie = cookie;
  user.sessions += 1;
}

function sessionOf({ client, sessions }: User): string {
  return `${client}.${sessions}`;
}

async function lock(play: Play, connected: Connected): Promise<void> {
  const { random, names, recorder, keys } = play;
  const { user } = connected;
  const request = play.newRequest();
  const name = random.pick(names);
  const size = random.chance(0.02) ? 3 : sizeOf(name);
  const isLeased = random.chance(0.5);
  const call = recorder.call(user.client, {
    type: "ask",
    session: sessionOf(user),
    life: { type: "idle", idleMs: sessionTimeoutMs },
    request,
    namespace: "default",
    claims: [{ mode: "slot", path: [name], size }],
    isWaiting: false,
    ...(isLeased && { leaseMs }),
  });
  const fields = { name, size, lock_timeout_seconds: isLeased ? leaseSeconds : 0 };
  const answer = await post(play, connected, "/v1/lock", fields);
  call.returned(askAnswer(answer));
  if (answer.locked !== true || answer.key === undefined) return;
  const holding = { request, name, key: answer.key, isLeased };
  user.holdings.push(holding);
  keys.push(holding);
  if (keys.length > keysMax) keys.shift();
}

const leaseSeconds = leaseMs / 1000;
const keysMax = 6;
/** The default of the server. */
const sessionTimeoutMs = 600_000;

/** One name of each history is for two. */
function sizeOf(name: string): number {
  return name.endsWith("-two") ? 2 : 1;
}

function askAnswer({ locked, error }: LdlmAnswer): AskAnswer {
  if (locked === true) return { type: "granted" };
  if (error === undefined) return { type: "refused" };
  assert.equal(error.code, "LockSizeMismatch");
  return { type: "size_mismatch" };
}

async function unlock(play: Play, connected: Connected, held: Holding): Promise<void> {
  const { client } = connected.user;
  const { request, name, key } = held;
  const session = sessionOf(connected.user);
  const call = play.recorder.call(client, { type: "release", session, request, by: "key" });
  const { unlocked } = await post(play, connected, "/v1/unlock", { name, key });
  call.returned(unlocked === true ? "released" : "not_holder");
}

async function renew(play: Play, connected: Connected, held: Holding): Promise<void> {
  const { client } = connected.user;
  const { request, name, key } = held;
  const session = sessionOf(connected.user);
  const call = play.recorder.call(client, { type: "renew", session, request, leaseMs });
  const fields = { name, key, lock_timeout_seconds: leaseSeconds };
  const { locked } = await post(play, connected, "/v1/renew", fields);
  call.returned(locked === true ? "renewed" : "not_holder");
}

async function endSession(play: Play, { user, connection }: Connected): Promise<void> {
  const { client, cookie } = user;
  user.isLeaving = true;
  const call = play.recorder.call(client, { type: "end_session", session: sessionOf(user) });
  const { status } = await connection.ask("DELETE", "/session", { ...(cookie && { cookie }) });
  call.returned(status === 200 ? "ended" : "over");
  user.cookie = undefined;
  user.isLeaving = false;
  user.holdings = [];
}

/** Throws `Cut` when it was time for that: then the request is under way, or not. */
async function post(
  play: Play,
  { user, connection }: Connected,
  path: string,
  fields: object,
): Promise<LdlmAnswer> {
  const wishes = { ...(user.cookie && { cookie: user.cookie }), body: JSON.stringify(fields) };
  const asking = connection.ask("POST", path, wishes);
  if (play.wantsCut()) return cutUnder(play, connection, asking);
  const { status, body } = await asking;
  assert.equal(status, 200, body);
  return JSON.parse(body);
}

async function cutUnder(
  play: Play,
  connection: LdlmConnection,
  asking: Promise<LdlmResponse>,
): Promise<never> {
  const ended = asking.catch(() => {});
  play.cut();
  // Some of it may have been sent by then.
  await new Promise((resolve) => setImmediate(resolve));
  connection.cut();
  await ended;
  throw new Cut();
}
