/**
 * kill -9 under load, again and again on the same data: what was acknowledged is there, what was not
 * is there wholly or not at all, and numbers only grow. A seed repeats the choices of a run, not its
 * moments.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { nodeDisk } from "../../src/log/file/mod.ts";
import { checkFolder } from "../../src/log/file/workshop/mod.ts";
import { lock } from "../../test/conformance/locktopus/connection.cases.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { createRandom, type Random } from "../history/random.ts";
import { startHoldfast } from "../holdfast-process.ts";
import { type LdlmSession, openLdlmSession } from "../ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../live-server.ts";
import { connectLocktopus } from "../locktopus-peer.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { type Holding, reclaim, workOverLdlm } from "./ldlm-worker.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { workOverLocktopus } from "./locktopus-worker.ts";

/** The kill comes after at most so many acknowledgements. */
const acknowledgementsMax = 800;
/** Locks of such clients are kept for longer than the test lasts, or hardly at all. */
const abandonTimeoutsMs = { patient: 3_600_000, hasty: 5 } as const;
const clientCounts = { patient: 4, hasty: 2, ldlm: 3 } as const;

/** So small that most kills find a snapshot just written, or under way. */
const argv = ["--data", "data", "--snapshot-every", "64KiB"];

/** What outlives a kill on the side of the clients. */
interface Memory {
  readonly sessions: readonly LdlmSession[];
  acknowledgedTotal: number;
  grantsTotal: number;
  lastNumber: number;
  lastToken: number;
}

export const kills: Campaign = {
  name: "kills",
  async run({ firstSeed, count, deadlineMs, progress }) {
    const random = createRandom(firstSeed);
    using folder = createTemporaryFolder();
    const wishes = { folder: folder.path, argv };
    const data = join(folder.path, "data");
    let server = await startLiveServer(wishes);
    const memory = await remember(server);
    let rounds = 0;
    const figures = () => ({
      kills: rounds,
      acknowledgements: memory.acknowledgedTotal,
      grants: memory.grantsTotal,
    });
    try {
      while (rounds < count && performance.now() < deadlineMs) {
        rounds += 1;
        const told = await workUntilKilled(server, random, { memory, names: namesOf(rounds) });
        await assertWhole(data);
        if (random.chance(0.25)) await killWhileStarting(folder.path);
        server = await startLiveServer(wishes);
        await assertAllKept(server, memory, told);
        progress(figures());
      }
      return { figures: figures(), failures: [] };
    } catch (error) {
      const { stack } = error as Error;
      const again = `npm run campaign -- kills --count ${count} --seed ${firstSeed}`;
      return { figures: figures(), failures: [`${stack}\n\nTo repeat: ${again}\n`] };
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
};

async function remember({ port }: LiveServer): Promise<Memory> {
  const opening = Array.from({ length: clientCounts.ldlm }, () => openLdlmSession(port));
  const sessions = await Promise.all(opening);
  return { sessions, acknowledgedTotal: 0, grantsTotal: 0, lastNumber: 0, lastToken: 0 };
}

type NamesToTake = readonly [string, ...string[]];

/** Fresh ones for each round: what is in doubt after a kill stays so. */
interface Names {
  /** For clients of both APIs. */
  readonly contended: NamesToTake;
  /** For those that keep nothing over a restart. */
  readonly hasty: NamesToTake;
}

function namesOf(round: number): Names {
  const series = (prefix: string, count: number): NamesToTake => [
    `${prefix}-0`,
    ...Array.from({ length: count - 1 }, (_, place) => `${prefix}-${place + 1}`),
  ];
  return { contended: series(`round-${round}`, 10), hasty: series(`hasty-round-${round}`, 3) };
}

/** What the clients know when the server is gone. */
interface Told {
  readonly names: Names;
  readonly ledger: Ledger;
  /** Of each LDLM session. */
  readonly holdings: readonly (readonly Holding[])[];
}

async function workUntilKilled(
  { port, process }: LiveServer,
  random: Random,
  { memory, names }: { readonly memory: Memory; readonly names: Names },
): Promise<Told> {
  const killAfter = 1 + random.below(acknowledgementsMax);
  const ledger = createLedger((total) => {
    if (total === killAfter) process.kill("SIGKILL");
  });
  const overLocktopus = (kind: "patient" | "hasty", namesToTake: NamesToTake) =>
    Array.from({ length: clientCounts[kind] }, (_, place) => {
      const client = `${kind} ${place}`;
      const abandonTimeoutMs = abandonTimeoutsMs[kind];
      const worker = { client, abandonTimeoutMs, ledger, random, names: namesToTake };
      return workOverLocktopus(port, worker);
    });
  const overLdlm = memory.sessions.map((session, place) => {
    const client = `ldlm ${place}`;
    const worker = { client, session: session.at(port), ledger, random, names: names.contended };
    return workOverLdlm(worker);
  });
  // All hear what was sent to them before the end, and enter it.
  const [holdings] = await Promise.all([
    Promise.all(overLdlm),
    ...overLocktopus("patient", names.contended),
    ...overLocktopus("hasty", names.hasty),
  ]);
  assert.equal((await process.ended).status, "SIGKILL", "it was not the kill that ended it");
  return { names, ledger, holdings };
}

/** Leaves nothing held by the LDLM sessions, but what is in doubt. */
async function assertAllKept(
  server: LiveServer,
  memory: Memory,
  { names, ledger, holdings }: Told,
): Promise<void> {
  await assertGrown(server, ledger, memory);
  await assertFates(server.port, names.contended, ledger);
  for (const [place, session] of memory.sessions.entries()) {
    await reclaim(session.at(server.port), holdings[place] ?? []);
  }
  await assertFree(
    server.port,
    holdings.flat().map(({ name }) => name),
  );
  await assertPassedOn(server.port, names.hasty);
}

/** A crash may leave a torn last record and an unfinished snapshot, and nothing worse. */
async function assertWhole(path: string): Promise<void> {
  for await (const finding of checkFolder(nodeDisk, path)) {
    assert.notEqual(finding.type, "problem", JSON.stringify(finding));
  }
}

async function killWhileStarting(folder: string): Promise<void> {
  const server = startHoldfast({
    argv: ["serve", "--listen", "127.0.0.1:0", ...argv],
    folder,
  });
  await server.logged("recovered");
  server.kill("SIGKILL");
  await server.ended;
}

/** Ids and tokens are higher than all that were told. */
async function assertGrown(server: LiveServer, ledger: Ledger, memory: Memory): Promise<void> {
  memory.acknowledgedTotal += ledger.acknowledgedTotal;
  memory.grantsTotal += ledger.grantsTotal;
  memory.lastNumber = Math.max(memory.lastNumber, ledger.lastNumber);
  const lastToken = (await server.figures()).of("holdfast_last_token");
  assert.ok(lastToken >= memory.lastToken + ledger.grantsTotal, "fencing tokens went back");
  memory.lastToken = lastToken;

  const peer = await connectLocktopus(server.port, "namespace=default&abandon-timeout-ms=0");
  peer.send(lock("read nobody-else-uses-this"));
  const { id, state } = await peer.hear();
  assert.equal(state, "acquired");
  assert.ok(Number(id) > memory.lastNumber, `id ${id} comes after ${memory.lastNumber}`);
  memory.lastNumber = Number(id);
  peer.close();
}

/** What a stranger finds is what the clients were told. */
async function assertFates(port: number, names: readonly string[], ledger: Ledger): Promise<void> {
  const stranger = await openLdlmSession(port);
  for (const name of names) {
    const fate = ledger.fateOf(name);
    const { locked, key = "" } = await stranger.lock(name);
    if (fate !== "doubtful") assert.equal(locked, fate === "free", `${name} must be ${fate}`);
    if (locked) assert.equal((await stranger.unlock(name, key)).unlocked, true);
  }
  await stranger.end();
}

async function assertFree(port: number, names: readonly string[]): Promise<void> {
  const stranger = await openLdlmSession(port);
  for (const name of names) assert.equal((await stranger.lock(name)).locked, true, name);
  await stranger.end();
}

/** Whoever held these kept them over the restart for no longer than the client had asked for. */
async function assertPassedOn(port: number, names: readonly string[]): Promise<void> {
  const peer = await connectLocktopus(port, "namespace=default&abandon-timeout-ms=0");
  peer.send(lock(...names.map((name) => `write ${name}`)));
  let answer = await peer.hear();
  while (answer.state !== "acquired") answer = await peer.hear();
  peer.close();
}
