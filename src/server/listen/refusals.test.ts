import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { createFakeClock } from "../../../testing/loopback.ts";
import { createRefusals } from "./refusals.ts";

test("a reason is logged once a second, with the number of those that were not logged", () => {
  const clock = createFakeClock();
  const lines: Array<{ reason: string; unlogged: number }> = [];
  const logger = pino({}, { write: (line) => lines.push(JSON.parse(line)) });
  const refusals = createRefusals(logger, clock);

  for (let count = 0; count < 1000; count++) refusals.note("bad_request", {});
  refusals.note("tls", { remoteAddress: "192.0.2.1" });
  clock.advance(999);
  refusals.note("bad_request", {});
  clock.advance(1);
  refusals.note("bad_request", {});

  assert.deepEqual(
    lines.map(({ reason, unlogged }) => ({ reason, unlogged })),
    [
      { reason: "bad_request", unlogged: 0 },
      { reason: "tls", unlogged: 0 },
      { reason: "bad_request", unlogged: 1000 },
    ],
  );
  assert.equal(refusals.totals.bad_request, 1002);
  assert.equal(refusals.totals.tls, 1);
  assert.equal(refusals.totals.origin, 0);
});
