/** The published npm client against a server which was started as README.md says. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { CLIENT_STATE, LOCK_TYPE, LocktopusClient, type Resource } from "@locktopus/client";
import { WebSocket as LibraryWebSocket } from "ws";
import { readHistory } from "../../testing/history.ts";
import { type NpmStart, npmStart } from "../../testing/npm-start.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
const data = join(folder.path, "data");
let server: NpmStart;

before(async () => {
  server = await npmStart(["--data", data]);
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function write(...path: string[]): Resource {
  return { type: LOCK_TYPE.WRITE, path };
}

function read(...path: string[]): Resource {
  return { type: LOCK_TYPE.READ, path };
}

interface Connected {
  readonly client: LocktopusClient;
  /** Ends the TCP connection without a word. */
  drop(): void;
}

async function connected(namespace: string, abandonTimeoutMs?: number): Promise<Connected> {
  let socket: LibraryWebSocket | undefined;
  class WebSocket extends LibraryWebSocket {
    constructor(url: string) {
      super(url);
      socket = this;
    }
  }
  const client = new LocktopusClient(WebSocket, {
    host: "127.0.0.1",
    port: server.port,
    namespace,
    secure: false,
    ...(abandonTimeoutMs !== undefined && { abandonTimeoutMs }),
  });
  await client.connect();
  return { client, drop: () => socket?.terminate() };
}

describe("the constructor", () => {
  for (const [library, WebSocketClass] of [
    ["ws", LibraryWebSocket],
    ["the WebSocket of Node and browsers", globalThis.WebSocket],
  ] as const) {
    it(`takes ${library} and a URL`, async () => {
      const url = `ws://127.0.0.1:${server.port}/v1?namespace=url&abandon-timeout-ms=0`;
      await locksAndReleases(new LocktopusClient(WebSocketClass, url));
    });

    it(`takes ${library} and parameters`, async () => {
      const options = { host: "localhost", port: server.port, namespace: "options", secure: false };
      await locksAndReleases(new LocktopusClient(WebSocketClass, options));
      await locksAndReleases(
        new LocktopusClient(WebSocketClass, { ...options, abandonTimeoutMs: 0 }),
      );
    });
  }

  it("takes a namespace that is percent-encoded", async () => {
    const { client } = await connected(encodeURIComponent("näme & späce;"));
    assert.equal(await client.lock(write("a")), true);
    client.close();
  });
});

async function locksAndReleases(client: LocktopusClient): Promise<void> {
  await client.connect();
  assert.equal(client.getState(), CLIENT_STATE.READY);
  assert.equal(await client.lock(write("a")), true);
  assert.equal(client.isAcquired(), true);
  assert.match(client.getLockId(), /^[1-9]\d*$/);
  assert.equal(await client.acquire(), true);
  await client.release();
  assert.equal(client.isAcquired(), false);
  client.close();
}

describe("a connection", () => {
  for (const [what, query] of [
    ["without a namespace", "x=1"],
    ["with an empty namespace", "namespace="],
    ["with a bad abandon timeout", "namespace=n&abandon-timeout-ms=soon"],
  ] as const) {
    it(`${what} is refused`, async () => {
      const url = `ws://127.0.0.1:${server.port}/v1?${query}`;
      await assert.rejects(new LocktopusClient(LibraryWebSocket, url).connect(), /400/);
    });
  }

  it("can be made anew after it was closed", async () => {
    const { client } = await connected("again", 0);
    await client.lock(write("a"));
    const closed = new Promise((resolve) => client.onConnectionClose(resolve));
    client.close();
    await closed;
    await client.connect();
    await client.lock(write("a"));
    assert.equal(await client.acquire(), true);
    client.close();
  });

  it("takes one lock after another, and exchanges four messages for each", async () => {
    const { client } = await connected("counted");
    const seen: string[] = [];
    client.onMessage(({ direction }) => seen.push(direction));
    for (let count = 1; count <= 50; count++) {
      assert.equal(await client.lock(write("a")), true);
      assert.equal(client.getLockId(), `${count}`);
      await client.release();
      assert.equal(seen.length, 4 * count);
    }
    client.close();
  });
});

describe("two clients", () => {
  it("have a lock one after the other", async () => {
    const [{ client: first }, { client: second }] = await both("contended");
    assert.equal(await first.lock(write("a")), true);
    assert.equal(await second.lock(write("a")), false);
    assert.equal(second.getState(), CLIENT_STATE.ENQUEUED);
    const acquiring = second.acquire();
    await first.release();
    assert.equal(await acquiring, true);
    assert.equal(await first.lock(write("a")), false);
    await second.release();
    assert.equal(await first.acquire(), true);
    first.close();
    second.close();
  });

  it("share what both only read, and keep each other from what one writes", async () => {
    const [{ client: first }, { client: second }] = await both("shared");
    assert.equal(await first.lock(read("a"), write("b", "c")), true);
    assert.equal(await second.lock(read("a"), write("b", "d")), true);
    await second.release();
    assert.equal(await second.lock(read("a"), read("b")), false);
    await first.release();
    assert.equal(await second.acquire(), true);
    first.close();
    second.close();
  });

  it("get several resources together or not at all", async () => {
    const [{ client: first }, { client: second }] = await both("several");
    const { client: third } = await connected("several");
    assert.equal(await first.lock(write("a")), true);
    assert.equal(await second.lock(write("a"), write("b"), write("c")), false);
    assert.equal(await third.lock(write("c")), false);
    await first.release();
    assert.equal(await second.acquire(), true);
    await second.release();
    assert.equal(await third.acquire(), true);
    for (const client of [first, second, third]) client.close();
  });

  it("meet at the empty path, which is the whole namespace", async () => {
    const [{ client: first }, { client: second }] = await both("whole");
    assert.equal(await first.lock(write()), true);
    assert.equal(await second.lock(write("any", "thing")), false);
    await first.release();
    assert.equal(await second.acquire(), true);
    assert.equal(await first.lock(read()), false);
    await second.release();
    assert.equal(await first.acquire(), true);
    first.close();
    second.close();
  });
});

function both(namespace: string): Promise<[Connected, Connected]> {
  return Promise.all([connected(namespace), connected(namespace)]);
}

describe("a client that waits", () => {
  it("may release before it asks for the lock that it waits for", async () => {
    const [{ client: holder }, { client: waiter }] = await both("early");
    await holder.lock(write("a"));
    assert.equal(await waiter.lock(write("a"), write("b")), false);
    await waiter.release();
    assert.equal(waiter.getState(), CLIENT_STATE.READY);
    assert.equal(await waiter.lock(write("b")), true);
    holder.close();
    waiter.close();
  });

  it("may release while it asks for it, and is told that it has none", async () => {
    const [{ client: holder }, { client: waiter }] = await both("late");
    await holder.lock(write("a"));
    assert.equal(await waiter.lock(write("a")), false);
    const acquiring = waiter.acquire();
    await waiter.release();
    assert.equal(await acquiring, false);
    await holder.release();
    assert.equal(await waiter.lock(write("a")), true);
    holder.close();
    waiter.close();
  });

  it("may release at the moment when it acquires", async () => {
    const [{ client: holder }, { client: waiter }] = await both("crossing");
    for (let count = 0; count < 100; count++) {
      await holder.lock(write("a"));
      assert.equal(await waiter.lock(write("a")), false);
      await Promise.all([holder.release(), waiter.release()]);
    }
    holder.close();
    waiter.close();
  });
});

describe("a client that is gone with a lock", () => {
  for (const [how, leave] of [
    ["closed with 1000", ({ client }: Connected) => client.close()],
    ["lost its connection", ({ drop }: Connected) => drop()],
  ] as const) {
    it(`and ${how} leaves it at once with an abandon timeout of 0`, async () => {
      const namespace = `gone at once, ${how}`;
      const holder = await connected(namespace, 0);
      const { client: waiter } = await connected(namespace);
      await holder.client.lock(write("a"));
      assert.equal(await waiter.lock(write("a")), false);
      leave(holder);
      assert.equal(await waiter.acquire(), true);
      waiter.close();
      assert.equal(await keptMs(namespace), 0);
    });

    it(`and ${how} keeps it for its abandon timeout of 400 ms`, async () => {
      const namespace = `gone later, ${how}`;
      const holder = await connected(namespace, 400);
      const { client: waiter } = await connected(namespace);
      await holder.client.lock(write("a"));
      assert.equal(await waiter.lock(write("a")), false);
      leave(holder);
      assert.equal(await waiter.acquire(), true);
      waiter.close();
      assert.ok((await keptMs(namespace)) >= 400);
    });
  }
});

/** In the server's own time: from the end of the holder's connection to the grant of lock 2. */
async function keptMs(namespace: string): Promise<number> {
  const happenings = await readHistory(data);
  const [first, second] = happenings.flatMap(({ entry: { command } }) =>
    command.type === "acquire" && command.namespace === namespace ? [command] : [],
  );
  const left = happenings.find(
    ({ entry: { command } }) =>
      command.type === "detach_session" && command.session === first?.session,
  );
  const granted = happenings.find(({ effects }) =>
    effects.some(
      ({ request, outcome }) => request === second?.request && outcome.type === "granted",
    ),
  );
  assert.ok(left !== undefined && granted !== undefined);
  return granted.entry.at - left.entry.at;
}

const stops = [
  { how: "Ctrl-C in the terminal of the server", stop: (server: NpmStart) => server.interrupt() },
  { how: "a SIGTERM to npm alone", stop: (server: NpmStart) => server.terminate() },
];

for (const { how, stop } of stops) {
  test(`${how} says goodbye to its clients and stops in order`, async () => {
    await using other = await npmStart(["--data", "memory"]);
    const url = `ws://127.0.0.1:${other.port}/v1?namespace=n`;
    const client = new LocktopusClient(LibraryWebSocket, url);
    await client.connect();
    const closed = new Promise<number>((resolve) => {
      client.onConnectionClose(({ code }) => resolve(code));
    });
    await client.lock(write("a"));
    stop(other);
    assert.equal(await closed, 1001);
    const lines = await other.ended;
    assert.ok(
      lines.some((line) => line.includes('"msg":"stopped"')),
      lines.join("\n"),
    );
  });
}
