/** What the published softvisio client sees of a server that ends and comes back. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { openRelay, type Relay } from "../../testing/relay.ts";
import {
  event,
  grantOf,
  isLocked,
  lock,
  publish,
  tryLock,
  unlock,
  waiting,
} from "../../testing/softvisio/calls.ts";
import {
  type SoftvisioClient,
  type SoftvisioProcess,
  startSoftvisioClients,
} from "../../testing/softvisio/client-process.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

let clients: SoftvisioProcess;
before(() => {
  clients = startSoftvisioClients();
});
after(() => clients?.[Symbol.asyncDispose]());

/** A server with its data on disk, behind a port that stays when it is started again. */
interface Restarting extends AsyncDisposable {
  readonly connected: () => Promise<SoftvisioClient>;
  /** Resolves when the process is gone. */
  end(how: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
}

/** For so long a restarted server keeps a mutex whose holder it has not heard of again. */
async function startRestarting(grace: string): Promise<Restarting> {
  const folder = createTemporaryFolder();
  const argv = ["--data", "data", "--softvisio-restart-grace", grace];
  let server: LiveServer = await startLiveServer({ folder: folder.path, argv });
  const relay: Relay = await openRelay(server.port);
  return {
    connected: () => clients.open({ url: `ws://127.0.0.1:${relay.port}/api/` }),
    async end(how) {
      server.process.kill(how);
      await server.process.ended;
    },
    async start() {
      server = await startLiveServer({ folder: folder.path, argv });
      relay.leadTo(server.port);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await relay[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

const ends = [
  { how: "SIGKILL", code: 1006, answer: 1006 },
  { how: "SIGTERM", code: 1001, answer: -32816 },
] as const;

for (const { how, code, answer } of ends) {
  describe(`after a restart by ${how}`, () => {
    it("a client is connected again, hears its events, and gets locks", async () => {
      await using server = await startRestarting("0s");
      const [holder, other] = [await server.connected(), await server.connected()];
      await holder.listen("/cluster/app/news");
      await grantOf(lock(holder, "m"));
      const waiter = await waiting(other, "m");

      await server.end(how);
      assert.equal((await waiter.ended).status, answer);
      for (const client of [holder, other]) {
        assert.deepEqual(await client.hear(), { type: "disconnect", status: code });
      }
      await server.start();
      for (const client of [holder, other]) assert.deepEqual(await client.hear(), connect);

      await holder.settle();
      await publish(other, "app", { name: "news", data: "again" });
      assert.deepEqual(await holder.hear(), event("/cluster/app/news", "again"));
      const id = await grantOf(lock(other, "m"));
      assert.equal((await tryLock(holder, "m")).data, false);
      assert.equal(await unlock(other, "m", id), true);
    });

    it("a shared mutex that was waited for is had without asking again", async () => {
      await using server = await startRestarting("0s");
      const [holder, other] = [await server.connected(), await server.connected()];
      const [held, wanted] = [holder.mutex("m"), other.mutex("m")];
      await held.lock().ended;
      const waiter = wanted.lock();
      await other.settle();
      await restart(server, holder, how);
      await waiter.ended;
      assert.equal(await held.tryLock(), false);
      assert.equal(await wanted.unlock(), true);
      assert.equal(await held.tryLock(), true);
    });

    it("a mutex that was held stays locked for its grace, and can be unlocked by its lock id", async () => {
      await using server = await startRestarting("1h");
      const client = await server.connected();
      const { data, meta } = await lock(client, "m");
      await restart(server, client, how);
      assert.equal(await isLocked(client, "m"), true);
      assert.equal((await tryLock(client, "m")).data, false);
      const waiter = await waiting(client, "m");
      assert.equal(await unlock(client, "m", String(data)), true);
      await grantOf(waiter.ended);
      assert.ok(Number((await waiter.ended).meta.token) > Number(meta.token));
    });

    it("a mutex that was held is free when its grace is over", async () => {
      await using server = await startRestarting("300ms");
      const client = await server.connected();
      const { data, meta } = await lock(client, "m");
      await restart(server, client, how);
      const again = await lock(client, "m");
      assert.notEqual(again.data, data);
      assert.ok(Number(again.meta.token) > Number(meta.token));
    });
  });
}

const connect = { type: "connect" } as const;

/** Resolves when the client is connected again. */
async function restart(
  server: Restarting,
  client: SoftvisioClient,
  how: NodeJS.Signals,
): Promise<void> {
  await server.end(how);
  await server.start();
  for (;;) {
    const { type } = await client.hear();
    if (type === "connect") return;
  }
}
