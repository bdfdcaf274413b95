/** Users, by an operator at a terminal; docs/operating/administration.md. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectNexus } from "../../testing/nexus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

function users(...argv: readonly string[]): Promise<Ended> {
  const environment = { HOLDFAST_DATA: "data" };
  return runHoldfast({ folder: folder.path, argv: ["users", ...argv], environment });
}

async function changed(...argv: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await users(...argv);
  assert.deepEqual([status, stdout, stderr], [0, "Changed: true\n", ""]);
}

async function login(port: number, user: string, pass: string): Promise<number | undefined> {
  const peer = await connectNexus(port);
  const { error } = await peer.call("sys.login", { user, pass });
  peer.end();
  return error?.code;
}

describe("users", { concurrency: false }, () => {
  let server: LiveServer;
  before(async () => {
    server = await startLiveServer({ folder: folder.path, argv: ["--data", "data"] });
  });
  after(() => server?.[Symbol.asyncDispose]());

  test("the first start prints the password of root, and a second one none", async () => {
    const [, password = ""] = await server.process.printed(/with the password (\S+)/);
    assert.equal(await login(server.port, "root", password), undefined);
    await server[Symbol.asyncDispose]();
    server = await startLiveServer({ folder: folder.path, argv: ["--data", "data"] });
    const { stdout } = await users("list", "--json");
    assert.deepEqual(
      JSON.parse(stdout).users.map(({ name, tags, sessionsMax }: Record<string, unknown>) => {
        return { name, tags, sessionsMax };
      }),
      [{ name: "root", tags: { ".": { "@admin": true } }, sessionsMax: 0 }],
    );
    assert.equal(await login(server.port, "root", password), undefined);
  });

  test("a user is made with a random password, or with that of a file", async () => {
    const made = await users("create", "Amy");
    assert.match(made.stdout, /^[\da-f]{32}\n$/);
    assert.equal(made.stderr, "It is shown this once: only its hash is kept.\n");
    assert.equal(await login(server.port, "amy", made.stdout.trim()), undefined);
    writeFileSync(join(folder.path, "bob.txt"), "of bob\n");
    const given = await users("create", "bob", "--password-file", "bob.txt");
    assert.deepEqual([given.status, given.stdout], [0, ""]);
    assert.equal(await login(server.port, "bob", "of bob"), undefined);
    const again = await users("create", "bob");
    assert.deepEqual([again.status, again.stderr], [1, "a user of that name exists\n"]);
    const other = await users("password", "bob");
    assert.equal(await login(server.port, "bob", "of bob"), -32010);
    assert.equal(await login(server.port, "bob", other.stdout.trim()), undefined);
  });

  test("whatever a user may do and be is changed, and listed", async () => {
    await users("create", "carol", "--password-file", "bob.txt");
    await changed("set-tags", "carol", "shop", '{"@sync.lock":true,"x":1}');
    await changed("delete-tags", "carol", "shop", "x");
    await changed("add-template", "carol", "staff");
    await changed("add-whitelist", "carol", "192.0.2.0/24");
    await changed("add-blacklist", "carol", "127.0.0.1");
    await changed("max-sessions", "carol", "3");
    const row = (await users("list", "--prefix", "carol")).stdout.split("\n")[1] ?? "";
    assert.match(row, /^carol +enabled +3 +staff +\S+ +\{"shop":\{"@sync\.lock":true\}\}$/);
    assert.equal(await login(server.port, "carol", "of bob"), -32010);
    await changed("remove-blacklist", "carol", "127.0.0.1");
    assert.equal(await login(server.port, "carol", "of bob"), undefined);
    await changed("disable", "carol");
    assert.equal(await login(server.port, "carol", "of bob"), -32010);
    await changed("enable", "carol");
    assert.equal((await users("rename", "carol", "caroline")).stdout, "Renamed: true\n");
    assert.equal(await login(server.port, "caroline", "of bob"), undefined);
    assert.equal((await users("delete", "caroline")).stdout, "Deleted: true\n");
    assert.equal((await users("list", "--prefix", "carol")).stdout, "No users found\n");
  });

  test("what is wrong is said in a sentence", async () => {
    const wrong = async (...argv: readonly string[]) => {
      const { status, stdout, stderr } = await users(...argv);
      assert.equal(stdout, "");
      return [status, stderr];
    };
    assert.deepEqual(await wrong("delete", "nobody"), [1, "a user by that name does not exist\n"]);
    assert.deepEqual(await wrong("create", "a"), [1, "the name of a user has 3 to 500 bytes\n"]);
    assert.deepEqual(await wrong("add-whitelist", "amy", "192.0"), [
      1,
      "a pattern is an address, a network such as 192.0.2.0/24, or the beginning of an address such as 192.0.*\n",
    ]);
  });
});
