/** API tokens, by an operator at a terminal; docs/operating/administration.md. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { rowsOf } from "../../testing/operator.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

function start(data: string): Promise<LiveServer> {
  return startLiveServer({ folder: folder.path, argv: ["--data", data] });
}

function token(data: string, ...argv: readonly string[]): Promise<Ended> {
  const environment = { HOLDFAST_DATA: data };
  return runHoldfast({ folder: folder.path, argv: ["token", ...argv], environment });
}

function listed(data: string): Promise<readonly (readonly string[])[]> {
  return rowsOf(token(data, "list"));
}

const shownOnce = `It is shown this once: only its hash is kept.
note: no API asks for tokens: set softvisio.requireToken
`;
const unknown = "an API token by that id or name does not exist\n";

describe("with one server", { concurrency: false }, () => {
  const data = "one";
  let server: LiveServer;
  before(async () => {
    server = await start(data);
  });
  after(() => server?.[Symbol.asyncDispose]());

  test("a token is printed alone, listed without its secret, and revoked by name or id", async () => {
    assert.equal((await token(data, "list")).stdout, "No tokens found\n");
    const created = await token(data, "create", "ci");
    assert.deepEqual([created.status, created.stderr], [0, shownOnce]);
    const [, id = "", secret = ""] =
      /^hf_([\da-f]{12})_([\da-f]{32})\n$/.exec(created.stdout) ?? [];
    assert.notEqual(secret, "");

    const [row, ...others] = await listed(data);
    const [shownId, name, since, by] = row ?? [];
    assert.deepEqual([shownId, name, others], [id, "ci", []]);
    assert.ok(Math.abs(Date.parse(since ?? "") - Date.now()) < 60_000);
    assert.match(by ?? "", /^"[^,]+, process \d+"$/);
    const json = JSON.parse((await token(data, "list", "--json")).stdout);
    assert.deepEqual(Object.keys(json.tokens[0]), ["id", "name", "createdAt", "createdBy"]);

    const taken = await token(data, "create", "ci");
    const refused = [1, "", "an API token of that name exists\n"];
    assert.deepEqual([taken.status, taken.stdout, taken.stderr], refused);
    const revoked = await token(data, "revoke", "ci");
    assert.deepEqual([revoked.status, revoked.stdout, revoked.stderr], [0, "Revoked: true\n", ""]);
    const again = await token(data, "revoke", id);
    assert.deepEqual([again.status, again.stdout, again.stderr], [1, "", unknown]);

    await token(data, "create", "ci");
    const [[second = ""] = []] = await listed(data);
    assert.notEqual(second, id);
    assert.equal((await token(data, "revoke", second)).stdout, "Revoked: true\n");
    assert.equal((await token(data, "list")).stdout, "No tokens found\n");
    const line = await server.process.logged("an operator created an API token");
    assert.deepEqual([line.apiToken, line.name], [id, "ci"]);
  });

  test("no name makes one token look like two, or like another", async () => {
    for (const name of ["a\u001b[1A\u001b[2K\nb  c", "bill\u200bing", "billing"]) {
      assert.equal((await token(data, "create", name)).status, 0);
    }
    const { stdout } = await token(data, "list");
    assert.match(stdout, /^[ -~\n]+$/);
    assert.equal(stdout.split("\n").length, 1 + 3 + 1);
    assert.equal(stdout.match(/ billing /g)?.length, 1);
    for (const [id = ""] of await listed(data)) await token(data, "revoke", id);
  });

  test("a token that could not be printed can be revoked by what is said of it", {
    skip: !existsSync("/dev/full") && "there is no /dev/full",
  }, async () => {
    const argv = ["-c", '"$0" "$@" > /dev/full', process.execPath, main, "token", "create", "lost"];
    const env = { HOLDFAST_DATA: data };
    const { status, stderr } = spawnSync("sh", argv, { cwd: folder.path, env, encoding: "utf8" });
    assert.equal(status, 1);
    const said = /^holdfast: nobody has read the token, revoke it: holdfast token revoke (\w+): /;
    const [, id = ""] = said.exec(stderr) ?? [];
    assert.equal((await token(data, "revoke", id)).status, 0);
  });

  test("what is asked wrongly ends with 2", async () => {
    const statuses = await Promise.all(
      [
        [],
        ["create"],
        ["create", "a", "b"],
        ["create", "--bogus", "a"],
        ["list", "ci"],
        ["revoke"],
        ["rotate", "a"],
      ].map(async (argv) => (await token(data, ...argv)).status),
    );
    assert.deepEqual(statuses, [2, 2, 2, 2, 2, 2, 2]);
    const nameless = await token(data, "create", "");
    assert.deepEqual([nameless.status, nameless.stderr], [1, "name is missing\n"]);
    const away = await token(data, "list", "--socket", "nowhere.sock");
    assert.match(away.stderr, /^holdfast: no server listens on nowhere\.sock: /);
    assert.equal(away.status, 1);
  });
});

test("tokens survive kill -9, and no file of the server has their texts", async () => {
  const data = "killed";
  await using server = await start(data);
  const kept = (await token(data, "create", "kept")).stdout.trim();
  await token(data, "create", "revoked");
  assert.equal((await token(data, "revoke", "revoked")).status, 0);
  const before = await listed(data);
  server.process.kill("SIGKILL");
  const { stderr } = await server.process.ended;

  await using next = await start(data);
  assert.deepEqual(await listed(data), before);
  assert.equal((await token(data, "create", "kept")).status, 1);
  assert.equal((await token(data, "create", "revoked")).status, 0);
  next.process.kill("SIGTERM");
  assert.equal((await next.process.ended).status, 0);

  const secret = kept.slice(-32);
  const files = readdirSync(join(folder.path, data));
  assert.notEqual(files.length, 0);
  for (const name of files) {
    assert.equal(readFileSync(join(folder.path, data, name)).includes(secret), false, name);
  }
  assert.equal(stderr.includes(secret), false);
});
