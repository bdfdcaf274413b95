import assert from "node:assert/strict";
import type { Claim } from "../../src/core/command.ts";
import type { Hear, Release } from "../linearizability/locks/operation.ts";
import type { Call } from "../linearizability/recorder.ts";
import {
  ConnectionLost,
  connectLocktopus,
  type LocktopusAnswer,
  type LocktopusPeer,
} from "../locktopus-peer.ts";
import { letOthersAct, type Play } from "./play.ts";
import type { Life } from "./shaken-server.ts";

/** Takes locks and gives them back, waits in line or leaves it, and cuts its connection at times. */
export async function playLocktopus(play: Play, client: string): Promise<void> {
  for (let count = 1; !play.isOver(); count++) {
    const life = await play.server.life();
    try {
      await useConnection(play, life, { client, session: `${client}.${count}` });
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      await play.server.afterDeath(life);
    }
  }
}

/** Before it was there, or after. */
function isConnectionLost(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return (
    error instanceof ConnectionLost ||
    ["ECONNREFUSED", "ECONNRESET"].includes(code) ||
    String(error).includes("socket hang up")
  );
}

interface Who {
  readonly client: string;
  readonly session: string;
}

/** A connection, with what its recorder needs to know. */
interface Connection extends Who {
  readonly peer: LocktopusPeer;
  readonly graceMs: number;
}

async function useConnection(play: Play, { port }: Life, who: Who): Promise<void> {
  const graceMs = play.random.pick([0, 50, 200]);
  const peer = await connectLocktopus(port, `namespace=default&abandon-timeout-ms=${graceMs}`);
  const connection = { ...who, peer, graceMs };
  const turns = 2 + play.random.below(20);
  for (let turn = 0; (turn < turns || play.isAhead) && !play.isOver(); turn++) {
    if (!(await takeTurn(play, connection))) return;
  }
  hangUp(play, connection);
  peer.close();
}

/** Without a word. */
function cut(play: Play, connection: Connection): false {
  play.cut();
  hangUp(play, connection);
  connection.peer.drop();
  return false;
}

function hangUp({ recorder }: Play, { client, session }: Who): void {
  recorder.call(client, { type: "lose_connection", session });
}

/** Returns whether the connection is still there. */
async function takeTurn(play: Play, connection: Connection): Promise<boolean> {
  const { random, recorder } = play;
  const { client, session, peer, graceMs } = connection;
  const request = play.newRequest();
  const claims = chooseClaims(play);
  const life = { type: "connection", graceMs, restartGraceMs: graceMs } as const;
  const asked = { type: "ask", session, life, request, claims, isWaiting: true } as const;
  const ask = recorder.call(client, { ...asked, namespace: "default" });
  peer.send(lockMessage(claims));
  if (play.wantsCut()) return cut(play, connection);

  const { id, state } = await peer.hear();
  assert.notEqual(state, "ready");
  ask.returned({ type: state === "acquired" ? "granted" : "waiting", number: Number(id) });
  let hear = state === "enqueued" ? recorder.call(client, { type: "hear", request }) : undefined;
  if (hear !== undefined) {
    if (play.wantsCut()) return cut(play, connection);
    if (random.chance(0.8)) {
      if (!(await waitForTurn(play, connection, { hear, request }))) return false;
      hear = undefined;
    }
  }
  await letOthersAct(play);
  if (play.wantsCut()) return cut(play, connection);

  const release = recorder.call(client, { type: "release", session, request, by: "session" });
  peer.send('{"action":"release"}');
  if (play.wantsCut()) return cut(play, connection);
  await hearReleased(peer, hear, release);
  return true;
}

function chooseClaims({ random, names }: Play): readonly Claim[] {
  const length = random.chance(0.3) ? 2 : 1;
  return Array.from({ length }, (): Claim => {
    const name = random.pick(names);
    const path = random.chance(0.2) ? [name, random.pick(["x", "y"])] : [name];
    return { mode: random.pick(["shared", "exclusive"]), path };
  });
}

function lockMessage(claims: readonly Claim[]): string {
  const resources = claims.map(({ mode, path }) => {
    return { type: mode === "shared" ? "read" : "write", path };
  });
  return JSON.stringify({ action: "lock", resources });
}

/** In line. Whoever hears nothing for all too long says so, which is judged like an answer, and leaves. */
async function waitForTurn(
  play: Play,
  connection: Connection,
  { hear, request }: { readonly hear: Call<Hear>; readonly request: string },
): Promise<boolean> {
  const { client, peer } = connection;
  const answer = await hearInTime(peer);
  if (answer === undefined) {
    hear.withdrawn();
    play.recorder.call(client, { type: "hear", request }).returned({ type: "silence" });
    return cut(play, connection);
  }
  assert.equal(answer.state, "acquired");
  hear.returned({ type: "granted", number: Number(answer.id) });
  return true;
}

/** Longer than any lease, grace, stop and start of the server together. */
const patienceMs = 20_000;

/** `undefined`: nothing came in time, and nothing that came has yet to be read. */
async function hearInTime(peer: LocktopusPeer): Promise<LocktopusAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const giveUp = () => setImmediate(() => setImmediate(resolve, undefined));
  const timer = setTimeout(giveUp, patienceMs);
  try {
    return await Promise.race([peer.hear(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer to a release; a grant that crossed it may come before. */
async function hearReleased(
  peer: LocktopusPeer,
  hear: Call<Hear> | undefined,
  release: Call<Release>,
): Promise<void> {
  let answer = await peer.hear();
  if (answer.state === "acquired") {
    hear?.returned({ type: "granted", number: Number(answer.id) });
    answer = await peer.hear();
  } else {
    hear?.withdrawn();
  }
  assert.equal(answer.state, "ready");
  release.returned("released");
}
