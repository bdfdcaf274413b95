/** `Cluster` and `SharedMutex` of the published softvisio client: what applications use in place of calls. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openRelay } from "../../testing/relay.ts";
import { event, grantOf, isLocked, lock, publish, unlock } from "../../testing/softvisio/calls.ts";
import {
  type SoftvisioClient,
  type SoftvisioProcess,
  startSoftvisioClients,
} from "../../testing/softvisio/client-process.ts";
import { stageSoftvisio } from "../../testing/softvisio/stage.ts";

const { portOf, clients } = stageSoftvisio();

interface Whose {
  readonly from?: SoftvisioProcess;
  readonly port?: number;
  readonly cluster?: string;
}

function connected({ from = clients(), port, ...wishes }: Whose = {}): Promise<SoftvisioClient> {
  const url = `ws://127.0.0.1:${port ?? portOf("main")}/api/`;
  return from.open({ url, ...wishes });
}

describe("a shared mutex", () => {
  it("is locked for everybody from the lock to the unlock", async () => {
    const [holder, other] = [await connected(), await connected()];
    const [own, foreign] = [holder.mutex("told"), other.mutex("told")];
    assert.equal(await foreign.isLocked(), false);
    await own.lock().ended;
    assert.equal(await own.isLocked(), true);
    assert.equal(await foreign.isLocked(), true);
    assert.equal(await foreign.tryLock(), false);
    assert.equal(await own.unlock(), true);
    assert.deepEqual(await holder.hear(), { type: "mutex_end", mutex: "told" });
    assert.equal(await foreign.tryLock(), true);
    assert.equal(await own.isLocked(), true);
    assert.equal(await foreign.unlock(), true);
    assert.equal(await own.isLocked(), false);
  });

  it("is passed on to who waits for it, and to the same one again", async () => {
    const [first, second] = [await connected(), await connected()];
    for (const { to } of [{ to: second }, { to: first }]) {
      const mutex = first.mutex("passed");
      await mutex.lock().ended;
      const next = to.mutex("passed");
      const waiting = next.lock();
      await to.settle();
      assert.equal(await mutex.unlock(), true);
      await waiting.ended;
      assert.equal(await next.isLocked(), true);
      assert.equal(await next.unlock(), true);
      assert.equal(await isLocked(first, "passed"), false);
    }
  });

  it("whose wait was taken back goes to somebody else", async () => {
    const [first, second, third] = [await connected(), await connected(), await connected()];
    await first.mutex("taken back").lock().ended;
    const waiting = second.mutex("taken back").lock();
    await second.settle();
    const next = third.mutex("taken back").lock();
    waiting.abort();
    await waiting.ended;
    await second.settle();
    assert.equal(await first.mutex("taken back").unlock(), true);
    await next.ended;
    assert.equal(await third.mutex("taken back").unlock(), true);
    assert.equal(await isLocked(first, "taken back"), false);
  });

  it("is known to be lost by a holder whose connection has ended, and is somebody else's", async () => {
    await using relay = await openRelay(portOf("main"));
    const [holder, next] = [await connected({ port: relay.port }), await connected()];
    await holder.mutex("lost").lock().ended;
    const waiting = next.mutex("lost").lock();
    relay.cut("reset");
    await waiting.ended;
    const heard = [await holder.hear(), await holder.hear(), await holder.hear()];
    assert.deepEqual(new Set(heard.map(({ type }) => type)), lossAndReturn);
    assert.equal(await holder.mutex("lost").isLocked(), true);
    assert.equal(await next.mutex("lost").unlock(), true);
    assert.equal(await holder.mutex("lost").tryLock(), true);
  });

  it("is never had by two, whichever process they are in", async () => {
    await using others = startSoftvisioClients();
    let holders = 0;
    let count = 0;
    async function work(from: SoftvisioProcess): Promise<void> {
      const mutex = (await connected({ from })).mutex("alone");
      for (let round = 0; round < 50; round++) {
        await mutex.lock().ended;
        holders++;
        assert.equal(holders, 1);
        // Time for another one to get in.
        assert.equal(await mutex.isLocked(), true);
        const seen = count;
        await new Promise((resolve) => setImmediate(resolve));
        count = seen + 1;
        holders--;
        assert.equal(await mutex.unlock(), true);
      }
    }
    await Promise.all([clients(), clients(), others, others].map(work));
    assert.equal(count, 200);
  });
});

const lossAndReturn = new Set(["disconnect", "mutex_end", "connect"]);

describe("a cluster", () => {
  it("hears what another member publishes, with all its arguments", async () => {
    const [listener, member] = [
      await connected({ cluster: "app" }),
      await connected({ cluster: "app" }),
    ];
    const stranger = await connected({ cluster: "another" });
    for (const client of [listener, member, stranger]) await client.listen("news");
    const args = [1, "zwei", { drei: [3, null] }];
    await member.publish("news", ...args);
    assert.deepEqual(await listener.hear(), event("news", ...args));
    await Promise.all([member.settle(), stranger.settle()]);
    assert.deepEqual([member.unheard, stranger.unheard], [[], []]);
  });

  it("hears what is published for its users", async () => {
    const [one, two, member] = [
      await connected({ cluster: "app" }),
      await connected({ cluster: "app" }),
      await connected({ cluster: "app" }),
    ];
    await one.listen("to-rpc/root");
    await two.listen("to-rpc/7");
    await member.publish({ name: "to-rpc/", users: ["guests", "root", 7], data: ["hello"] });
    assert.deepEqual(await one.hear(), event("to-rpc/root", "hello"));
    assert.deepEqual(await two.hear(), event("to-rpc/7", "hello"));
  });

  it("meets who calls the methods by themselves", async () => {
    const [member, plain] = [await connected({ cluster: "app" }), await connected()];
    await member.listen("news");
    await plain.listen("/cluster/app/news");
    await publish(plain, "app", { name: "news", data: '["plain"]' });
    assert.deepEqual(await member.hear(), event("news", "plain"));
    await member.publish("news", "member");
    assert.deepEqual(await plain.hear(), event("/cluster/app/news", '["member"]'));

    await member.mutex("mutex").lock().ended;
    assert.equal(await isLocked(plain, "app/mutex"), true);
    assert.equal(await isLocked(plain, "mutex"), false);
    assert.equal(await member.mutex("mutex").unlock(), true);
    const id = await grantOf(lock(plain, "app/mutex"));
    assert.equal(await member.mutex("mutex").tryLock(), false);
    assert.equal(await unlock(plain, "app/mutex", id), true);
  });
});
