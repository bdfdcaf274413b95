import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import type { WebSocket } from "ws";
import type { Account } from "../budget/budget.ts";
import { createEndOfTurn } from "./end-of-turn.ts";
import { pingFrame } from "./frames.ts";
import { createOutbox } from "./outbox.ts";
import {
  closeWebSocket,
  sweepWebSocket,
  type WebSocketConnection,
} from "./websocket-connection.ts";

interface State {
  /** Whether the congestion has lasted since the last sweep. */
  readonly isStuck?: boolean;
  /** Whether `ws` is not open any longer. */
  readonly isEnding?: boolean;
  readonly isClosing?: boolean;
  /** Whether the handler has paused reading. */
  readonly isPaused?: boolean;
  /** Whether bytes that have arrived wait for their turn. */
  readonly isHolding?: boolean;
  readonly bytesReadAtPing?: number;
}

const bytesRead = 10;

/** A connection in the given state, and the list of all that happens to it. */
function connectionIn({
  isStuck = false,
  isEnding = false,
  isClosing = false,
  isPaused = false,
  isHolding = false,
  bytesReadAtPing,
}: State) {
  const happened: string[] = [];
  const webSocket = {
    OPEN: 1,
    readyState: isEnding ? 2 : 1,
    terminate: () => happened.push("cut"),
    close: (code: number) => happened.push(`close ${code}`),
  };
  const socket = {
    bytesRead,
    writable: true,
    writableLength: 0,
    write: (piece: unknown) => happened.push(piece === pingFrame ? "ping" : "piece"),
  } as unknown as Socket;
  const account = {} as Account;
  const endOfTurn = createEndOfTurn();
  const outbox = createOutbox(socket, {
    endOfTurn,
    account,
    flow: { turned() {}, overflowing() {} },
    unsentBytesMax: 1000,
  });
  if (isStuck) outbox.congestion = "old";
  const connection: WebSocketConnection = {
    socket,
    webSocket: webSocket as unknown as WebSocket,
    remoteAddress: "192.0.2.1",
    account,
    feed: {
      pause: () => happened.push("pause"),
      resume: () => happened.push("resume"),
      isHolding: () => isHolding,
      end: () => Buffer.alloc(0),
    },
    outbox,
    isClosing,
    isPaused,
    isHalted: isPaused,
    unfinishedBytes: 0,
    controlBytes: 0,
    messageCount: 0,
    bytesReadAtPing,
  };
  return { connection, happened, endTurn: endOfTurn.run };
}

function sweep(state: State) {
  const { connection, happened, endTurn } = connectionIn(state);
  const refusals = { totals: {} as never, note: (reason: string) => void happened.push(reason) };
  sweepWebSocket(connection, { refusals });
  endTurn();
  return { happened, bytesReadAtPing: connection.bytesReadAtPing };
}

describe("a sweep", () => {
  const pinged = { happened: ["ping"], bytesReadAtPing: bytesRead };
  const cases: ReadonlyArray<readonly [string, State, ReturnType<typeof sweep>]> = [
    ["pings a client that owes no answer", {}, pinged],
    ["pings a client that has sent since its ping", { bytesReadAtPing: 9 }, pinged],
    [
      "cuts a client that has sent nothing since its ping",
      { bytesReadAtPing: bytesRead },
      { happened: ["peer_silent", "cut"], bytesReadAtPing: bytesRead },
    ],
    [
      "pings a client that is not read without waiting for an answer",
      { isPaused: true },
      { happened: ["ping"], bytesReadAtPing: undefined },
    ],
    [
      "pings a client whose bytes wait for their turn without waiting for an answer",
      { isHolding: true, bytesReadAtPing: bytesRead },
      { happened: ["ping"], bytesReadAtPing: undefined },
    ],
    [
      "closes a client that does not read, and stops reading from it",
      { isStuck: true, bytesReadAtPing: bytesRead },
      { happened: ["peer_not_reading", "close 1013", "pause"], bytesReadAtPing: undefined },
    ],
    [
      "leaves a connection alone that is ending",
      { isStuck: true, isEnding: true, bytesReadAtPing: bytesRead },
      { happened: [], bytesReadAtPing: bytesRead },
    ],
  ];
  for (const [name, state, expected] of cases) {
    test(name, () => assert.deepEqual(sweep(state), expected));
  }
});

describe("a close by the server", () => {
  test("reads again, for the client's close frame, although the handler has paused", () => {
    const { connection, happened } = connectionIn({ isPaused: true });
    closeWebSocket(connection, 1000, "");
    assert.deepEqual(happened, ["close 1000", "resume"]);
    assert.equal(connection.isClosing, true);
    assert.equal(connection.isPaused, false);
  });

  test("does nothing while an earlier one is under way", () => {
    const { connection, happened } = connectionIn({ isClosing: true });
    closeWebSocket(connection, 1000, "");
    assert.deepEqual(happened, []);
  });
});
