/**
 * Backups of a real server under load, restored elsewhere: each is the state at one entry, what was held
 * is held with its key, and no number comes twice.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { apply, createState } from "../../src/core/apply.ts";
import type { LogIndex, TimeMs } from "../../src/core/ids.ts";
import { snapshot } from "../../src/core/snapshot.ts";
import { nodeDisk } from "../../src/log/file/mod.ts";
import { readBackup, readFolder, stateInFolder } from "../../src/log/file/workshop/mod.ts";
import { createLedger, type Ledger } from "../../testing/crash/ledger.ts";
import { workOverLocktopus } from "../../testing/crash/locktopus-worker.ts";
import { createRandom } from "../../testing/history/random.ts";
import { runHoldfast } from "../../testing/holdfast-process.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

const hourMs = 3_600_000;
const query = `namespace=default&abandon-timeout-ms=${hourMs}`;

async function holdfast(...argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runHoldfast({ argv, folder: folder.path });
  assert.equal(status, 0, stderr);
  return stdout;
}

interface Load {
  readonly ledger: Ledger;
  /** Resolves when so much more was acknowledged. */
  acknowledged(count: number): Promise<void>;
  /** Ends with the server. */
  readonly ended: Promise<unknown>;
}

/** Clients that take and give back locks until the server is killed. */
function startLoad(port: number): Load {
  let looks: { readonly total: number; readonly resolve: () => void }[] = [];
  const ledger = createLedger((total) => {
    for (const look of looks) if (look.total <= total) look.resolve();
    looks = looks.filter((look) => look.total > total);
  });
  const workers = Array.from({ length: 4 }, (_, place) =>
    workOverLocktopus(port, {
      client: `client ${place}`,
      abandonTimeoutMs: 0,
      ledger,
      random: createRandom(place),
      names: ["a", "b", "c"],
    }),
  );
  return {
    ledger,
    acknowledged: (count) =>
      new Promise((resolve) => {
        looks.push({ total: ledger.acknowledgedTotal + count, resolve });
      }),
    ended: Promise.all(workers),
  };
}

async function kill({ process }: LiveServer): Promise<void> {
  process.kill("SIGKILL");
  await process.ended;
}

test("a backup under load restores elsewhere with keys, and with numbers above all that were given", async () => {
  const data = join(folder.path, "data");
  await using server = await startLiveServer({ folder: folder.path, argv: ["--data", data] });
  const session = await openLdlmSession(server.port);
  const { key = "" } = await session.lock("invoices");
  const leased = await session.lock("orders", { lock_timeout_seconds: 3600 });
  const holder = await connectLocktopus(server.port, query);
  holder.send(lock("write letters"));
  assert.equal((await holder.hear()).state, "acquired");

  const load = startLoad(server.port);
  await load.acknowledged(200);
  await holdfast("backup", "backup", "data");
  await load.acknowledged(200);
  await kill(server);
  await load.ended;

  const { state, summary } = await readBackup(nodeDisk, join(folder.path, "backup"));
  assert.deepEqual([...snapshot(state)], [...snapshot(await stateAt(data, summary.index))]);
  const lost = await stateInFolder(nodeDisk, data, assert.fail);
  assert.ok(lost.lastToken > summary.lastToken);

  await holdfast("restore", "backup", "elsewhere");
  const argv = ["--data", "elsewhere"];
  await using next = await startLiveServer({ folder: folder.path, argv });
  const peer = await connectLocktopus(next.port, query);
  peer.send(lock("write new"));
  const { id, state: told } = await peer.hear();
  assert.equal(told, "acquired");
  assert.ok(Number(id) > 2 ** 32 + load.ledger.lastNumber);
  const waiter = await connectLocktopus(next.port, query);
  waiter.send(lock("write letters"));
  assert.equal((await waiter.hear()).state, "enqueued");
  const again = session.at(next.port);
  assert.equal((await (await openLdlmSession(next.port)).lock("invoices")).locked, false);
  assert.equal((await again.renew("orders", leased.key ?? "", 3600)).locked, true);
  assert.equal((await again.unlock("invoices", key)).unlocked, true);
  assert.equal((await again.lock("invoices")).locked, true);
  await kill(next);
  const restored = await stateInFolder(nodeDisk, join(folder.path, "elsewhere"), assert.fail);
  assert.ok(restored.lastToken > 2 ** 32 + lost.lastToken);
});

/** What the log itself says of the state at the entry. */
async function stateAt(data: string, index: LogIndex) {
  const state = createState();
  const range = { from: 1 as LogIndex, until: index };
  for await (const entries of readFolder(nodeDisk, data, range)) {
    for (const entry of entries) apply(state, entry);
  }
  return state;
}

test("backups succeed while the server makes snapshots and trims what they read", async () => {
  const argv = ["--data", "trimmed", "--snapshot-every", "16KiB"];
  await using server = await startLiveServer({ folder: folder.path, argv });
  const load = startLoad(server.port);
  let lastAt = 0 as TimeMs;
  for (const name of ["first", "second", "third"]) {
    await load.acknowledged(300);
    await holdfast("backup", name, "trimmed");
    const { summary } = await readBackup(nodeDisk, join(folder.path, name));
    assert.ok(summary.at > lastAt);
    lastAt = summary.at;
  }
  await kill(server);
  await load.ended;
});
