/** Events, as the published npm client of the softvisio API publishes and hears them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { event, publish } from "../../testing/softvisio/calls.ts";
import type { SoftvisioClient } from "../../testing/softvisio/client-process.ts";
import { stageSoftvisio } from "../../testing/softvisio/stage.ts";

const { connected } = stageSoftvisio();

describe("an event", () => {
  it("reaches those who listen to its whole name, with the data that was sent", async () => {
    const [listener, other, publisher] = [await connected(), await connected(), await connected()];
    await listener.listen("/cluster/app/news");
    await other.listen("/cluster/app/news/more");
    const sent = ["", "text", JSON.stringify([1, { a: "ä 🔑" }]), "x".repeat(60_000), undefined];
    for (const data of sent) {
      assert.equal(await publish(publisher, "app", { name: "news", data }), undefined);
      assert.deepEqual(await listener.hear(), event("/cluster/app/news", data ?? null));
    }
    for (const [cluster, name] of [
      ["app", "New"],
      ["other", "news"],
      ["app/news", ""],
    ] as const) {
      await publish(publisher, cluster, { name, data: "elsewhere" });
    }
    await Promise.all([listener.settle(), other.settle()]);
    assert.deepEqual([listener.unheard, other.unheard], [[], []]);
  });

  it("comes in the order of publishing, also when nobody waits for an answer", async () => {
    const [listener, publisher] = [await connected(), await connected()];
    await listener.listen("/cluster/app/ordered");
    const sent = Array.from({ length: 200 }, (_, count) => String(count));
    for (const data of sent) {
      await publisher.callVoid("/v1/events/publish", "app", { name: "ordered", data });
    }
    for (const data of sent) {
      assert.deepEqual(await listener.hear(), event("/cluster/app/ordered", data));
    }
  });

  it("does not come back to the connection that publishes it", async () => {
    const [publisher, other] = [await connected(), await connected()];
    for (const client of [publisher, other]) await client.listen("/cluster/app/own");
    await publish(publisher, "app", { name: "own", data: "1" });
    assert.deepEqual(await other.hear(), event("/cluster/app/own", "1"));
    await publish(other, "app", { name: "own", data: "2" });
    assert.deepEqual(await publisher.hear(), event("/cluster/app/own", "2"));
    await Promise.all([publisher.settle(), other.settle()]);
    assert.deepEqual([publisher.unheard, other.unheard], [[], []]);
  });

  it("does not reach who has stopped to listen, until it listens again", async () => {
    const [listener, publisher] = [await connected(), await connected()];
    const name = "/cluster/app/stopped";
    await listener.listen(name);
    await listener.unlisten(name);
    await publish(publisher, "app", { name: "stopped", data: "1" });
    await listener.settle();
    assert.deepEqual(listener.unheard, []);
    await listener.listen(name);
    await publish(publisher, "app", { name: "stopped", data: "2" });
    assert.deepEqual(await listener.hear(), event(name, "2"));
  });

  it("for users reaches each of them under a name of its own", async () => {
    const users = ["all", "root", "7"];
    const listeners: SoftvisioClient[] = [];
    for (const user of users) {
      const listener = await connected();
      await listener.listen(`/cluster/app/to-api/${user}`);
      listeners.push(listener);
    }
    const publisher = await connected();
    for (const [to, reached] of [
      ["root", ["root"]],
      [
        ["root", 7],
        ["root", "7"],
      ],
      [["nobody", "all", "root", "7"], users],
    ] as const) {
      const data = JSON.stringify(to);
      await publish(publisher, "app", { name: "to-api/", users: to, data });
      for (const [index, user] of users.entries()) {
        const heard = reached.some((each) => each === user) && (await listeners[index]?.hear());
        if (heard) assert.deepEqual(heard, event(`/cluster/app/to-api/${user}`, data));
      }
    }
    await Promise.all(listeners.map((listener) => listener.settle()));
    for (const { unheard } of listeners) assert.deepEqual(unheard, []);
  });

  it("for users that are not there reaches nobody", async () => {
    const [listener, publisher] = [await connected(), await connected()];
    for (const name of ["to-api/", "to-api/data", "to-api/null"]) {
      await listener.listen(`/cluster/none/${name}`);
    }
    for (const users of [undefined, null, []]) {
      const sent = { name: "to-api/", users, data: "data" };
      assert.equal(await publish(publisher, "none", sent), undefined);
    }
    await listener.settle();
    assert.deepEqual(listener.unheard, []);
  });

  it("without a final slash reaches everybody, whatever its users are", async () => {
    const [listener, publisher] = [await connected(), await connected()];
    await listener.listen("/cluster/app/to-all");
    await publish(publisher, "app", { name: "to-all", users: ["root", 7], data: "1" });
    assert.deepEqual(await listener.hear(), event("/cluster/app/to-all", "1"));
  });
});
