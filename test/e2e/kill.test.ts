/** kill -9 under load; `KILLS=1000` kills more often, `SEED=…` makes the choices of a run again. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { assertNone } from "../../testing/campaigns/campaign.ts";
import { kills } from "../../testing/crash/kills.ts";
import { readHistory } from "../../testing/history.ts";
import { startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

const count = Number(process.env.KILLS ?? 10);
const firstSeed = Number(process.env.SEED ?? randomInt(2 ** 30));

test(`nothing acknowledged is lost in ${count} kills`, async (t) => {
  const deadlineMs = Number.POSITIVE_INFINITY;
  const { figures, failures } = await kills.run({ firstSeed, count, deadlineMs, progress() {} });
  assertNone(failures);
  t.diagnostic(JSON.stringify(figures));
});

test("a Locktopus lock outlives a kill by its abandon timeout, from the restart on", async () => {
  using folder = createTemporaryFolder();
  const wishes = { folder: folder.path, argv: ["--data", "abandoned"] };
  await using server = await startLiveServer(wishes);
  const holder = await connectLocktopus(server.port, "namespace=n&abandon-timeout-ms=400");
  holder.send(lock("write a"));
  assert.equal((await holder.hear()).state, "acquired");
  server.process.kill("SIGKILL");
  await server.process.ended;

  await using next = await startLiveServer(wishes);
  const waiter = await connectLocktopus(next.port, "namespace=n&abandon-timeout-ms=0");
  waiter.send(lock("write a"));
  const first = await waiter.hear();
  if (first.state === "enqueued") assert.equal((await waiter.hear()).state, "acquired");

  // By the server's own time: from its second start to the end of the first lock.
  const happenings = await readHistory(join(folder.path, "abandoned"));
  const restart = happenings.findLast(({ entry }) => entry.command.type === "start");
  const granted = happenings.findLast(({ effects }) =>
    effects.some(({ outcome }) => outcome.type === "granted"),
  );
  assert.ok(restart !== undefined && granted !== undefined);
  assert.ok(granted.entry.at - restart.entry.at >= 400);
});
