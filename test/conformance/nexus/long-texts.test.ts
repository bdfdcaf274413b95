/** However long and odd a text is, reading it takes a time that grows with its length, and no more. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { methods } from "../../../src/protocols/nexus/methods.ts";
import { nextTurn } from "../../../testing/next-turn.ts";
import { createWorld } from "./world.ts";

const length = 200_000;

/** Texts for which reading that looks back takes minutes. */
const texts = {
  "dots before a letter": `${".".repeat(length)}x`,
  "labels of one letter": `${"a.".repeat(length / 2)}a`,
  "labels of a tree that is rather deep": "a.".repeat(8_000),
  "digits before a letter": `${"1".repeat(length)}x`,
  digits: "1".repeat(length),
  "angle brackets": ">".repeat(length),
  "stars before a letter": `${".*".repeat(length / 2)}x`,
  colons: `${":*".repeat(length / 2)}:`,
  parentheses: "(".repeat(length),
  alternatives: "a|".repeat(length / 2),
  "white space": `${" \n".repeat(length / 2)}x`,
  quotes: '"\\'.repeat(length / 2),
};

const selection = { prefix: "", filter: "", depth: "1", limit: "1", skip: "1", subprefixes: "1" };

/** Each method, with texts for all of its parameters. */
const calls: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "sys.ping": {},
  "sys.version": {},
  "sys.watchdog": { watchdog: "30" },
  "sys.login": { user: "bob", pass: "pass", method: "basic" },
  "sys.reload": {},
  "sys.node.list": { limit: "1", skip: "1" },
  "sys.session.list": selection,
  "sys.session.count": selection,
  "sys.session.kick": { connid: "abcdef0100000009" },
  "sys.session.reload": { connid: "abcdef0100000009" },
  "sync.lock": { lock: "a" },
  "sync.unlock": { lock: "a" },
  "sync.list": selection,
  "sync.count": selection,
  "task.push": { method: "a.m", params: "p", prio: "1", ttl: "1", timeout: "1", detach: "1" },
  "task.pull": { prefix: "a", timeout: "0.01", events: "1" },
  "task.result": { taskid: "t", result: "r", token: "1" },
  "task.error": { taskid: "t", code: "1", message: "m", data: "d" },
  "task.reject": { taskid: "t" },
  "task.cancel": { id: "1", taskid: "t" },
  "task.list": selection,
  "task.count": selection,
  "pipe.create": { len: "1" },
  "pipe.close": { pipeid: "p" },
  "pipe.write": { pipeid: "p", msg: "m", multi: "0" },
  "pipe.read": { pipeid: "p", max: "1", timeout: "1" },
  "topic.sub": { pipeid: "p", topic: "t" },
  "topic.unsub": { pipeid: "p", topic: "t" },
  "topic.pub": { topic: "t", msg: "m" },
  "topic.list": selection,
  "topic.count": selection,
  "user.create": { user: "new", pass: "pass" },
  "user.delete": { user: "other" },
  "user.rename": { user: "other", new: "another" },
  "user.setTags": { user: "bob", prefix: "p", tags: "t" },
  "user.delTags": { user: "bob", prefix: "p", tags: "t" },
  "user.getTags": { user: "bob" },
  "user.getEffectiveTags": { user: "bob", prefix: "p" },
  "user.setPass": { user: "bob", pass: "pass" },
  "user.addTemplate": { user: "bob", template: "t" },
  "user.delTemplate": { user: "bob", template: "t" },
  "user.addWhitelist": { user: "bob", ip: "192.0.2.1" },
  "user.delWhitelist": { user: "bob", ip: "192.0.2.1" },
  "user.addBlacklist": { user: "bob", ip: "192.0.2.1" },
  "user.delBlacklist": { user: "bob", ip: "192.0.2.1" },
  "user.setMaxSessions": { user: "bob", maxsessions: "1" },
  "user.setDisabled": { user: "bob", disabled: "0" },
  "user.list": selection,
  "user.count": selection,
};

it("knows all methods", () => {
  assert.deepEqual(Object.keys(calls).sort(), [...methods.keys()].sort());
});

for (const [what, text] of Object.entries(texts)) {
  it(`takes ${what} for any parameter`, async () => {
    for (const [method, params] of Object.entries(calls)) {
      for (const name of Object.keys(params)) {
        const world = createWorld({ messageBytesMax: 2 * length + 1_000 });
        const nobody = world.connect();
        const admin = await world.connectAs("bob", { "@admin": true, deep: { "a.b": 1 } });
        for (const peer of [nobody, admin]) {
          const call = { id: "call", method, params: { ...params, [name]: text } };
          peer.send(JSON.stringify(call));
          await nextTurn();
          // Some may wait for others.
          const isAnswered =
            peer.heard().length === 1 || method === "task.push" || method === "task.pull";
          assert.ok(isAnswered && (await peer.ask("sys.ping")), `${method} ${name}`);
        }
      }
    }
  });
}
