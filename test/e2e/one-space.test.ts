/** One name is one lock, through whatever API it is asked for; docs/protocols/ldlm.md, section 1. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { connectNexus } from "../../testing/nexus-peer.ts";
import { connectSoftvisio } from "../../testing/softvisio-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock, release } from "../conformance/locktopus/connection.cases.ts";

const folder = createTemporaryFolder();
const argv = ["--data", "data", "--nexus-nobody-tags", "@sync.lock,@sync.unlock"];
let server: LiveServer;

before(async () => {
  server = await startLiveServer({ folder: folder.path, argv });
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("what an LDLM client holds a Locktopus client waits for, and gets when it is unlocked", async () => {
  const [peer, session] = await Promise.all([
    connectLocktopus(server.port, "namespace=default"),
    openLdlmSession(server.port),
  ]);
  const { key } = await session.lock("invoices");
  peer.send(lock("write invoices"));
  const { id, state } = await peer.hear();
  assert.equal(state, "enqueued");
  assert.equal((await session.unlock("invoices", key ?? "")).unlocked, true);
  assert.deepEqual(await peer.hear(), { id, action: "lock", state: "acquired" });
  assert.equal((await session.lock("invoices")).locked, false);
  peer.close();
  await session.end();
});

test("a lease that runs out and a session that ends pass their locks on to Locktopus", async () => {
  const [first, second, session] = await Promise.all([
    connectLocktopus(server.port, "namespace=default"),
    connectLocktopus(server.port, "namespace=default"),
    openLdlmSession(server.port),
  ]);
  assert.equal((await session.lock("leased", { lock_timeout_seconds: 1 })).locked, true);
  assert.equal((await session.lock("kept")).locked, true);
  first.send(lock("write leased"));
  second.send(lock("read kept"));
  assert.equal((await first.hear()).state, "enqueued");
  assert.equal((await second.hear()).state, "enqueued");
  assert.equal((await first.hear()).state, "acquired");
  await session.end();
  assert.equal((await second.hear()).state, "acquired");
  first.close();
  second.close();
});

test("a try-lock does not overtake a Locktopus client that waits", async () => {
  const [holder, waiter, session] = await Promise.all([
    connectLocktopus(server.port, "namespace=default"),
    connectLocktopus(server.port, "namespace=default"),
    openLdlmSession(server.port),
  ]);
  holder.send(lock("read queue"));
  assert.equal((await holder.hear()).state, "acquired");
  waiter.send(lock("write queue"));
  assert.equal((await waiter.hear()).state, "enqueued");
  assert.equal((await session.lock("queue")).locked, false);
  holder.send(release);
  assert.equal((await waiter.hear()).state, "acquired");
  assert.equal((await session.lock("queue")).locked, false);
  holder.close();
  waiter.close();
  await session.end();
});

test("a path above or below a name keeps it out; other namespaces do not", async () => {
  const [above, below, elsewhere, session] = await Promise.all([
    connectLocktopus(server.port, "namespace=default&abandon-timeout-ms=0"),
    connectLocktopus(server.port, "namespace=default"),
    connectLocktopus(server.port, "namespace=elsewhere"),
    openLdlmSession(server.port),
  ]);
  below.send(lock("write tree/leaf"));
  elsewhere.send(lock("write"));
  assert.equal((await below.hear()).state, "acquired");
  assert.equal((await elsewhere.hear()).state, "acquired");
  assert.equal((await session.lock("tree")).locked, false);
  assert.equal((await session.lock("tree/leaf")).locked, true);
  above.send(lock("write"));
  assert.equal((await above.hear()).state, "enqueued");
  assert.equal((await session.lock("anything")).locked, false);
  for (const peer of [above, below, elsewhere]) peer.close();
  await session.end();
});

/** A client of one API. It takes one name at a time. */
interface Taker {
  /** Takes the name if it is free; says whether it was. */
  take(name: string): Promise<boolean>;
  giveBack(name: string): Promise<void>;
  leave(): Promise<void>;
}

const takers: Readonly<Record<string, () => Promise<Taker>>> = {
  async LDLM() {
    const session = await openLdlmSession(server.port);
    const keys = new Map<string, string>();
    return {
      async take(name) {
        const { locked, key = "" } = await session.lock(name);
        keys.set(name, key);
        return locked === true;
      },
      async giveBack(name) {
        assert.equal((await session.unlock(name, keys.get(name) ?? "")).unlocked, true);
      },
      leave: () => session.end(),
    };
  },

  async Locktopus() {
    const peer = await connectLocktopus(server.port, "namespace=default&abandon-timeout-ms=0");
    async function giveBack(): Promise<void> {
      peer.send(release);
      assert.equal((await peer.hear()).state, "ready");
    }
    return {
      async take(name) {
        peer.send(lock(`write ${name}`));
        const isTaken = (await peer.hear()).state === "acquired";
        if (!isTaken) await giveBack();
        return isTaken;
      },
      giveBack,
      async leave() {
        peer.close();
        await peer.closed;
      },
    };
  },

  async softvisio() {
    const peer = await connectSoftvisio(server.port);
    let lockId: unknown;
    return {
      async take(name) {
        const isLocked = (await peer.call("/v1/mutexes/is-locked", name)).result?.data;
        lockId = (await peer.call("/v1/mutexes/try-lock", name)).result?.data;
        assert.equal(isLocked, lockId === false);
        return lockId !== false;
      },
      async giveBack(name) {
        const { result } = await peer.call("/v1/mutexes/unlock", name, lockId);
        assert.equal(result?.data, true);
      },
      async leave() {
        peer.close();
        await peer.closed;
      },
    };
  },

  async Nexus() {
    const peer = await connectNexus(server.port);
    return {
      async take(lock) {
        const { ok } = await peer.ask<{ ok: boolean }>("sync.lock", { lock });
        return ok;
      },
      async giveBack(lock) {
        assert.deepEqual(await peer.ask("sync.unlock", { lock }), { ok: true });
      },
      async leave() {
        peer.end();
        await peer.closed;
      },
    };
  },
};

for (const [holding, openHolder] of Object.entries(takers)) {
  for (const [asking, openAsker] of Object.entries(takers)) {
    test(`what is held over ${holding} cannot be had over ${asking}, until it is given back`, async () => {
      // Nexus writes names in lower case.
      const name = `${holding}-${asking}`.toLowerCase();
      const [holder, asker] = await Promise.all([openHolder(), openAsker()]);
      assert.equal(await holder.take(name), true);
      assert.equal(await asker.take(name), false);
      await holder.giveBack(name);
      assert.equal(await asker.take(name), true);
      await asker.giveBack(name);
      await Promise.all([holder.leave(), asker.leave()]);
    });
  }
}

test("a client that waits over softvisio is in one line with the others, and gets its turn", async () => {
  const [first, last, waiter, session] = await Promise.all([
    connectLocktopus(server.port, "namespace=default"),
    connectLocktopus(server.port, "namespace=default"),
    connectSoftvisio(server.port),
    openLdlmSession(server.port),
  ]);
  assert.equal((await session.lock("line")).locked, true);
  first.send(lock("write line"));
  assert.equal((await first.hear()).state, "enqueued");
  const waiting = waiter.call("/v1/mutexes/lock", "line");
  assert.equal((await waiter.call("/v1/mutexes/is-locked", "line")).result?.data, true);
  last.send(lock("write line"));
  assert.equal((await last.hear()).state, "enqueued");
  await session.end();
  assert.equal((await first.hear()).state, "acquired");
  first.send(release);
  assert.equal(typeof (await waiting).result?.data, "string");
  waiter.close();
  assert.equal((await last.hear()).state, "acquired");
  for (const peer of [first, last]) peer.close();
});

test("the lock id of a mutex is the key of the lock over LDLM", async () => {
  const [peer, session] = await Promise.all([
    connectSoftvisio(server.port),
    openLdlmSession(server.port),
  ]);
  const { result } = await peer.call("/v1/mutexes/lock", "keyed");
  assert.equal((await session.unlock("keyed", String(result?.data))).unlocked, true);
  const { key = "" } = await session.lock("keyed");
  assert.equal((await peer.call("/v1/mutexes/unlock", "keyed", result?.data)).result?.data, false);
  assert.equal((await peer.call("/v1/mutexes/unlock", "keyed", key)).result?.data, true);
  peer.close();
  await session.end();
});
