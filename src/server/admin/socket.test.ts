import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { askSocket } from "../../../testing/admin-client.ts";
import { createTemporaryFolder } from "../../../testing/temporary-folder.ts";
import { AdminError } from "./error.ts";
import { type AdminRequest, type AdminSocket, openAdminSocket } from "./socket.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

let number = 0;
let path = "";
beforeEach(() => {
  number += 1;
  path = join(folder.path, `${number}.sock`);
});

const heard: AdminRequest[] = [];

function open(): Promise<AdminSocket> {
  return openAdminSocket({
    path,
    async handle(request) {
      heard.push(request);
      if (request.path === "/no") throw new AdminError(409, "not_held", "why", { more: [1] });
      return { said: "yes" };
    },
  });
}

describe("the socket", () => {
  test("is for its owner alone, whatever the umask, and goes with the server", async () => {
    const before = process.umask(0);
    const socket = await open().finally(() => process.umask(before));
    assert.equal(statSync(path).mode & 0o7777, 0o600);
    assert.equal(process.umask(), before);
    await socket.close();
    assert.equal(existsSync(path), false);
  });

  test("of a server that was killed is replaced", async () => {
    const dead = createServer().listen(path);
    await once(dead, "listening");
    // Hide the socket from the server, so that it stays behind as after a kill.
    renameSync(path, `${path}.kept`);
    dead.close();
    await once(dead, "close");
    renameSync(`${path}.kept`, path);
    const socket = await open();
    assert.deepEqual(await askSocket(path, "GET", "/"), { status: 200, body: { said: "yes" } });
    await socket.close();
  });

  test("of another server is left alone", async () => {
    const other = await open();
    await assert.rejects(open(), { message: `another server listens on ${path}` });
    assert.equal((await askSocket(path, "GET", "/")).status, 200);
    await other.close();
  });

  test("takes the place of no file or folder", async () => {
    writeFileSync(path, "precious");
    await assert.rejects(open(), { message: `${path} is there, and is no socket` });
    path = join(folder.path, "inner");
    mkdirSync(path);
    await assert.rejects(open(), { message: `${path} is there, and is no socket` });
  });

  test("has a path that the system has room for, in bytes", async () => {
    path = join(folder.path, "ü".repeat(50));
    const bytes = Buffer.byteLength(path);
    await assert.rejects(open(), {
      message: new RegExp(`is too long, ${bytes} bytes where 10[37]`),
    });
    path = join(folder.path, "x".repeat(103 - folder.path.length - 1));
    await (await open()).close();
  });

  test("is in a folder that is there", async () => {
    path = join(folder.path, "nowhere", "a.sock");
    await assert.rejects(open(), { message: `there is no folder for ${path}` });
  });
});

describe("a request", () => {
  test("comes with its query and its JSON", async () => {
    const socket = await open();
    await askSocket(path, "POST", "/a/b?prefix=%C3%BC%20&limit=3", '{"path":["a"]}');
    const { query, ...rest } = heard.at(-1) as AdminRequest;
    assert.deepEqual(rest, { method: "POST", path: "/a/b", body: { path: ["a"] } });
    assert.deepEqual(
      [...query],
      [
        ["prefix", "ü "],
        ["limit", "3"],
      ],
    );
    await askSocket(path, "GET", "//");
    assert.equal(heard.at(-1)?.path, "//");
    assert.equal(heard.at(-1)?.body, undefined);
    await socket.close();
  });

  test("that is refused is told why", async () => {
    const socket = await open();
    assert.deepEqual(await askSocket(path, "GET", "/no"), {
      status: 409,
      body: { error: { code: "not_held", message: "why", more: [1] } },
    });
    await socket.close();
  });

  for (const [what, body, status] of [
    ["no JSON", "{nope", 400],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22]), 400],
    ["too large", `"${"x".repeat(1024 * 1024)}"`, 413],
  ] as const) {
    test(`whose body is ${what} is refused with ${status}`, async () => {
      const socket = await open();
      assert.equal((await askSocket(path, "POST", "/", body)).status, status);
      await socket.close();
    });
  }

  test("that is open when the server stops is cut", async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const socket = await openAdminSocket({
      path,
      handle() {
        begin();
        return new Promise(() => {});
      },
    });
    const asking = askSocket(path, "GET", "/");
    const cut = assert.rejects(asking, { code: "ECONNRESET" });
    await begun;
    await socket.close();
    await cut;
  });
});
