/** One event reaches the clients of both APIs that have events; the table in docs/protocols/nexus.md, section 9. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectNexus, type NexusPeer } from "../../testing/nexus-peer.ts";
import { connectSoftvisio, type SoftvisioPeer } from "../../testing/softvisio-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
let server: LiveServer;
let nexus: NexusPeer;
let softvisio: SoftvisioPeer;
let publisher: SoftvisioPeer;
let pipeid: string;

const topic = "shop/sold";
const event = `/cluster/${topic}`;

before(async () => {
  const argv = ["--data", "memory", "--nexus-nobody-tags", "@admin"];
  server = await startLiveServer({ folder: folder.path, argv });
  nexus = await connectNexus(server.port);
  [softvisio, publisher] = await Promise.all([
    connectSoftvisio(server.port),
    connectSoftvisio(server.port),
  ]);
  ({ pipeid } = await nexus.ask<{ pipeid: string }>("pipe.create"));
  await nexus.ask("topic.sub", { pipeid, topic });
  softvisio.notify("/subscribe", [event]);
  // Calls see what the calls before them have done.
  await softvisio.call("/v1/mutexes/is-locked", "any");
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** The message of the next event, as a client of Nexus reads it. */
async function read(): Promise<unknown> {
  const { msgs } = await nexus.ask<{
    msgs: readonly [{ msg: { topic: string; msg: unknown } }];
  }>("pipe.read", { pipeid, max: 1 });
  const { msg } = msgs[0];
  assert.equal(msg.topic, topic);
  return msg.msg;
}

/** The data of the next event, as a client of softvisio hears it. */
async function hear(): Promise<unknown> {
  const [name, data] = await softvisio.hear();
  assert.equal(name, event);
  return data;
}

for (const msg of [{ a: 1 }, "text", "", [1, 2.5], -7, true, null, "ä 🔑", '{"a":1}']) {
  const text = JSON.stringify(msg);
  test(`${text} from Nexus is itself to Nexus, and the text ${text} to softvisio`, async () => {
    assert.deepEqual(await nexus.ask("topic.pub", { topic, msg }), { ok: true, sent: 2 });
    assert.deepEqual(await read(), msg);
    assert.equal(await hear(), text);
  });
}

const texts: readonly (readonly [data: string | undefined, msg: unknown])[] = [
  ['{"a":1}', { a: 1 }],
  ["[1,2.5]", [1, 2.5]],
  ['"text"', "text"],
  ["-7", -7],
  ["null", null],
  ["hello", "hello"],
  ["", ""],
  ["ä 🔑", "ä 🔑"],
  ['{"a":', '{"a":'],
  [undefined, null],
];

for (const [data, msg] of texts) {
  test(`${data ?? "nothing"} from softvisio is itself to softvisio, and ${JSON.stringify(msg)} to Nexus`, async () => {
    const { result } = await publisher.call("/v1/events/publish", "shop", { name: "sold", data });
    assert.equal(result?.status, 200);
    assert.deepEqual(await read(), msg);
    assert.equal(await hear(), data ?? null);
  });
}

test("a topic with capitals is no topic of Nexus, but who hears everything hears it", async () => {
  await nexus.ask("topic.unsub", { pipeid, topic });
  await nexus.ask("topic.sub", { pipeid, topic: "*" });
  await publisher.call("/v1/events/publish", "Shop", { name: "Sold", data: "1" });
  const { msgs } = await nexus.ask<{ msgs: readonly [{ msg: unknown }] }>("pipe.read", { pipeid });
  assert.deepEqual(msgs[0].msg, { topic: "Shop/Sold", msg: 1 });
});
