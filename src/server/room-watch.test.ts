import assert from "node:assert/strict";
import { test } from "node:test";
import { createState } from "../core/apply.ts";
import type { SessionId } from "../core/ids.ts";
import { limitsDefault } from "../core/limits.ts";
import type { Notice } from "../core/notice.ts";
import { watchRoom } from "./room-watch.ts";

function createStage() {
  const state = createState();
  state.limits = { ...limitsDefault, stateBytesMax: 6400 };
  const lines: string[] = [];
  const log = (fields: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  let nowMs = 0;
  const room = watchRoom({ state, nowMs: () => nowMs, logger: { warn: log, info: log } as never });
  return {
    ...{ state, lines, room },
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

const displaced: Notice = {
  type: "session_displaced",
  session: "s" as SessionId,
  address: "192.0.2.1",
};

test("a state that is nearly full is logged once, and once when it has room again", () => {
  const { state, lines, room } = createStage();
  for (const bytes of [5900, 6100, 5900, 6200, 5200, 5300]) {
    state.holdings.bytes = bytes;
    room.look();
  }
  assert.deepEqual(lines, [
    'the state is nearly full {"stateBytes":6100,"stateBytesMax":6400}',
    'the state has room again {"stateBytes":5200,"stateBytesMax":6400}',
  ]);
});

test("displaced sessions are counted, and logged at most once a second", () => {
  const { lines, room, pass } = createStage();
  for (const ms of [0, 250, 250, 250, 250, 250]) {
    pass(ms);
    room.noticed(displaced);
    room.look();
  }
  room.noticed({ type: "api_token_revoked", token: "t" as never });
  assert.equal(room.displacedTotal, 6);
  assert.deepEqual(lines, [
    'new sessions displace idle ones {"sessions":1,"address":"192.0.2.1"}',
    'new sessions displace idle ones {"sessions":4,"address":"192.0.2.1"}',
  ]);
});
