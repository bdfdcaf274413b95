import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clientFrame,
  connectRaw,
  connectWebSocket,
  type ListenerWishes,
  startListener,
  until,
  upgradeRequest,
} from "../../../testing/loopback.ts";
import { recordStreams } from "../../../testing/recorded-streams.ts";
import { recording } from "../../../testing/recorded-websockets.ts";
import { createBudget, unlimited } from "../budget/budget.ts";

/** Each look at the clock finds it later, so that every slice is over at once and the rest of its chunk is held. */
function startSlowly(wishes: ListenerWishes) {
  let nowMs = 0;
  const budget = createBudget(unlimited, {
    nowMs: () => {
      nowMs += 0.6;
      return nowMs;
    },
    after: () => () => {},
    soon(run) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
  });
  return startListener({ ...wishes, budget });
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

test("a client that half-closes gets the answers to all its pipelined requests", async () => {
  const { routes } = recordStreams();
  await using started = await startSlowly({ routes });
  const client = await connectRaw(started.listener.port);
  client.socket.end("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(400));
  assert.equal(countOf(await client.closed(), "HTTP/1.1 200 OK"), 400);
});

test("a client that half-closes its stream is heard to the end", async () => {
  const { routes, events } = recordStreams();
  await using started = await startSlowly({ routes });
  const client = await connectRaw(started.listener.port);
  const bytes = `{${"x".repeat(20_000)}`;
  client.socket.end(bytes);
  assert.equal(await client.closed(), bytes);
  assert.equal(events.indexOf("ended"), events.length - 2);
});

test("the frames behind a request for an upgrade arrive, however many came with it", async () => {
  const { wishes, events } = recording();
  await using started = await startSlowly(wishes);
  const client = await connectRaw(started.listener.port);
  const frames = Array.from({ length: 300 }, (_, count) => clientFrame(1, `message ${count}`));
  client.send(Buffer.concat([Buffer.from(upgradeRequest("/")), ...frames]));
  await until(() => events.length === 300);
  assert.equal(events.at(-1), "message 299");
  client.socket.destroy();
});

test("the messages of a WebSocket whose client ends its connection behind them arrive", async () => {
  const { wishes, events } = recording();
  await using started = await startSlowly(wishes);
  const client = await connectWebSocket(started.listener.port);
  const frames = Array.from({ length: 300 }, (_, count) => clientFrame(1, `message ${count}`));
  client.socket.end(Buffer.concat(frames));
  await until(() => events.includes("closed"));
  assert.equal(events.length, 301);
});
