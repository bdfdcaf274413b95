/** Events about users; docs/protocols/nexus.md, section 12. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createWorld, type Peer } from "./world.ts";

/** Subscriptions, with the hooks of one and the same change that they hear: of user `a.b.c`, by user `team.root`. */
const fitting = [
  "hook.*",
  "*",
  ".*",
  "hook.user.*",
  "hook.user|a.b.c",
  "hook.user|a.b.*",
  "hook.user|a.*",
  "hook.user|.*",
  "hook.user|a.b.c|team.root",
  "hook.user|A.B.C|Team.Root",
  "hook.user|a.b.c|team.*",
  "hook.user|a.b.c|.*",
  "hook.user|a.*|team.root",
  "hook.user|.*|.*",
];

const others = [
  "hook",
  "hook.task.*",
  "hook.user|a",
  "hook.user|a.b.c|root",
  "hook.user|b.*",
  "a.*",
];

const everything = ["*", ".*"];

async function pipeOn(peer: Peer, topic: string): Promise<string> {
  const { result } = (await peer.ask("pipe.create")) as { result: { pipeid: string } };
  const { pipeid } = result;
  assert.deepEqual(await peer.ask("topic.sub", { pipeid, topic }), { result: { ok: true } });
  return pipeid;
}

/** The messages in the pipe. */
async function read(peer: Peer, pipeid: string): Promise<readonly unknown[]> {
  // The message lets the read end.
  await peer.ask("pipe.write", { pipeid, msg: "last" });
  const answer = await peer.ask("pipe.read", { pipeid, max: 1000 });
  const { msgs } = (answer as { result: { msgs: readonly { msg: unknown }[] } }).result;
  return msgs.slice(0, -1).map(({ msg }) => msg);
}

describe("nexus hooks", () => {
  for (const topic of [...fitting, ...others]) {
    const isHeard = fitting.includes(topic) && !everything.includes(topic);
    it(`12: ${topic} ${isHeard ? "hears" : "does not hear"} of a.b.c`, async () => {
      const { connectAs } = createWorld();
      const root = await connectAs("team.root", { "@admin": true });
      const pipe = await pipeOn(root, topic);
      await root.ask("user.create", { user: "a.b.c", pass: "secret" });
      const created = { topic: "hook.user|a.b.c|team.root", msg: { action: "create" } };
      assert.deepEqual(await read(root, pipe), isHeard ? [created] : []);
    });
  }

  it("12: a pipe hears of a change once, however many of its subscriptions fit", async () => {
    const { connectAs } = createWorld();
    const root = await connectAs("root", { "@admin": true });
    const pipeid = await pipeOn(root, "hook.*");
    await root.ask("topic.sub", { pipeid, topic: "hook.user|bob" });
    await root.ask("user.create", { user: "bob", pass: "secret" });
    assert.equal((await read(root, pipeid)).length, 1);
  });

  it("12: each change is told with what is there afterwards, and never with a password", async () => {
    const { connect, connectAs } = createWorld();
    const root = await connectAs("root", { "@admin": true });
    const pipe = await pipeOn(root, "hook.user.*");
    const user = "bob";
    const calls: readonly (readonly [method: string, params: object])[] = [
      ["user.create", { pass: "secret" }],
      ["user.create", { pass: "secret" }],
      ["user.setTags", { prefix: "a", tags: { x: 1 } }],
      ["user.setTags", { prefix: "a", tags: { y: [2] } }],
      ["user.delTags", { prefix: "a", tags: ["x"] }],
      ["user.setPass", { pass: "secret2" }],
      ["user.addTemplate", { template: "t" }],
      ["user.delTemplate", { template: "t" }],
      ["user.addWhitelist", { ip: "192.0.*" }],
      ["user.addBlacklist", { ip: "*" }],
      ["user.setMaxSessions", { maxsessions: 7 }],
      ["user.setDisabled", { disabled: false }],
    ];
    for (const [method, params] of calls) await root.ask(method, { user, ...params });
    await connect().ask("sys.login", { user: "bob", pass: "wrong" });
    await connect().ask("sys.login", { user: "bob", pass: "secret2" });
    await root.ask("user.rename", { user, new: "robert" });
    await root.ask("user.delete", { user: "robert" });
    const whitelist = ["192.0.*"];
    const blacklist = ["*"];
    const tags = { a: { y: [2] } };
    const heard = await read(root, pipe);
    assert.deepEqual(
      heard.map((event) => (event as { msg: unknown }).msg),
      [
        { action: "create" },
        { action: "setTags", prefix: "a", addTags: { x: 1 }, tags: { a: { x: 1 } } },
        { action: "setTags", prefix: "a", addTags: { y: [2] }, tags: { a: { x: 1, y: [2] } } },
        { action: "delTags", prefix: "a", delTags: ["x"], tags },
        { action: "setPass" },
        { action: "addTemplate", add: "t", templates: ["t"] },
        { action: "delTemplate", del: "t", templates: [] },
        { action: "addWhitelist", add: "192.0.*", whitelist },
        { action: "addBlacklist", add: "*", blacklist },
        { action: "setMaxSessions", set: 7, maxSessions: 7 },
        { action: "setDisabled", set: false, disabled: false },
        { action: "login", user: "bob", mask: null, tags, maxSessions: 7, whitelist, blacklist },
        { action: "delete" },
      ],
    );
    assert.ok(!JSON.stringify(heard).includes("secret"));
  });
});
