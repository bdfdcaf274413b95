import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { test } from "node:test";
import { callHead } from "../../../testing/http2-client.ts";
import { startListener, until } from "../../../testing/loopback.ts";
import { unaryReceiver } from "../../protocols/grpc/mod.ts";
import { allowMore, createAllowance, streamsAtFirst } from "./http2-allowance.ts";

/** What a client is told while so many of its streams wait, one after the other. */
function toldWhile(streamsMax: number, waitingCounts: readonly number[]) {
  const allowance = createAllowance(streamsMax);
  const told: unknown[] = [];
  const session = { settings: (settings: unknown) => void told.push(settings) };
  for (const count of waitingCounts) allowMore(allowance, session, count);
  return { streams: allowance.streams, told };
}

test("a client may have few streams open, and never more than the most", () => {
  assert.equal(createAllowance(10_000).streams, streamsAtFirst);
  assert.equal(createAllowance(10).streams, 10);
});

test("a client half of whose streams wait is told that it may have twice as many", () => {
  assert.deepEqual(toldWhile(10_000, [1, 127]), { streams: 256, told: [] });
  assert.deepEqual(toldWhile(10_000, [128, 128, 255, 256]), {
    streams: 1024,
    told: [{ maxConcurrentStreams: 512 }, { maxConcurrentStreams: 1024 }],
  });
});

test("it never gets more than the most, and never less than it was told", () => {
  assert.deepEqual(toldWhile(300, [200, 300, 0]), {
    streams: 300,
    told: [{ maxConcurrentStreams: 300 }],
  });
});

/** A listener whose calls wait, either for their outcome or only in line, and a client of it. */
async function serveWaiting() {
  let begun = 0;
  const line = { isHeldBack: true };
  const listener = await startListener({
    routes: {
      http: () => ({ status: 404, headers: {}, body: "" }),
      upgrade: () => ({ status: 404, headers: {}, body: "" }),
      calls: () => ({
        begin(_head, peer) {
          begun += 1;
          return unaryReceiver(peer, { asked() {}, cancelled() {} });
        },
        isHeldBack: () => line.isHeldBack,
        closed() {},
      }),
    },
  });
  const client = connect(`http://127.0.0.1:${listener.listener.port}`);
  await once(client, "remoteSettings");
  return {
    line,
    streams: () => client.remoteSettings.maxConcurrentStreams,
    told: () => once(client, "remoteSettings"),
    async call(count: number) {
      const sum = begun + count;
      for (let index = 0; index < count; index += 1) {
        client.request(callHead("/wait"), { endStream: false }).on("error", () => {});
      }
      await until(() => begun === sum);
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await listener[Symbol.asyncDispose]();
    },
  };
}

test("calls that wait only for earlier ones of their connection get it no more streams", async () => {
  await using stage = await serveWaiting();
  await stage.call(200);
  stage.line.isHeldBack = false;
  const told = stage.told();
  assert.equal(stage.streams(), streamsAtFirst);
  await stage.call(1);
  await told;
  assert.equal(stage.streams(), 2 * streamsAtFirst);
});
