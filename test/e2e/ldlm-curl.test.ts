/** The example session of LDLM's manual ("API Usage", REST), run by a shell as it stands there. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import {
  classicPortOf,
  classicPorts,
  type LiveServer,
  startLiveServer,
} from "../../testing/live-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

/** The port of the server and the key of the lock in the manual. */
const manual = { port: "8080", key: "15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5" } as const;

const lines = {
  openSession: "curl -X POST -c cookies.txt http://localhost:8080/session | json_pp",
  lock: `curl -c cookies.txt -b cookies.txt http://localhost:8080/v1/lock -d '{"name": "My lock", "lock_timeout_seconds": 120}' | json_pp`,
  renew: `curl -c cookies.txt -b cookies.txt http://localhost:8080/v1/renew -d '{"name": "My lock", "lock_timeout_seconds": 120, "key":"15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5"}' | json_pp`,
  unlock: `curl -c cookies.txt -b cookies.txt http://localhost:8080/v1/unlock -d '{"name": "My lock", "key":"15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5"}' | json_pp`,
  mismatch: `curl -c cookies.txt -b cookies.txt http://localhost:8080/v1/lock -d '{"name": "My lock", "lock_timeout_seconds": 120, "size": 20}' | json_pp`,
  endSession:
    "curl -X DELETE -b cookies.txt -c cookies.txt http://localhost:8080/session | json_pp",
  openWithPassword: `LDLM_AUTH=$(echo -n ':mypassword' | base64)
curl -X POST -c cookies.txt -H "Authorization: Basic $LDLM_AUTH" http://localhost:8080/session | json_pp`,
} as const;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The pretty printer comes with Perl. Without it the tests run the lines without it, too. */
const pretty = spawnSync("json_pp", ["-v"]).error === undefined;

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

/** Starts a server on the port of the manual, or on any other when that is in use. */
async function serve(environment: Readonly<Record<string, string>>): Promise<LiveServer> {
  const wishes = { folder: folder.path, environment };
  const argv = ["--data", "memory", ...classicPorts];
  try {
    const ofManual = ["--ldlm-rest-listen", `127.0.0.1:${manual.port}`];
    return await startLiveServer({ ...wishes, argv: [...argv, ...ofManual] });
  } catch (error) {
    assert.match(String(error), /EADDRINUSE|in use/);
    return startLiveServer({ ...wishes, argv });
  }
}

/** Runs a line of the manual, with the real port and key in it. */
async function run(line: string): Promise<Readonly<Record<string, unknown>>> {
  const text = pretty ? line : line.replace(" | json_pp", "");
  const { stdout } = await promisify(execFile)("sh", ["-c", text], { cwd: folder.path });
  return JSON.parse(stdout);
}

for (const { where, curl, isMain } of [
  { where: "as they stand there", curl: "curl", isMain: false },
  { where: "over HTTP/2", curl: "curl --http2-prior-knowledge", isMain: false },
  { where: "on the main port over HTTP/2", curl: "curl --http2-prior-knowledge", isMain: true },
]) {
  describe(`the curl lines of the LDLM manual, ${where}`, () => {
    let server: LiveServer;
    let port: number;
    let key: string;
    const typed = (line: string) =>
      line
        .replaceAll(`:${manual.port}/`, `:${port}/`)
        .replaceAll(manual.key, key ?? manual.key)
        .replace("curl ", `${curl} `);

    before(async () => {
      server = await serve({});
      port = isMain ? server.port : await classicPortOf(server, "LDLM REST");
    });
    after(() => server?.[Symbol.asyncDispose]());

    test("create a session", async () => {
      const { session_id, ...rest } = await run(typed(lines.openSession));
      assert.match(String(session_id), /^[0-9a-f]{32}$/);
      assert.deepEqual(rest, {});
    });

    test("obtain a lock", async () => {
      const answer = await run(typed(lines.lock));
      assert.match(String(answer.key), uuid);
      assert.deepEqual(answer, { key: answer.key, locked: true, name: "My lock" });
      key = String(answer.key);
    });

    test("obtain it only once", async () => {
      const answer = await run(typed(lines.lock));
      assert.equal(answer.locked, false);
      assert.equal(answer.error, undefined);
    });

    test("renew a lock", async () => {
      const answer = await run(typed(lines.renew));
      assert.deepEqual(answer, { key, locked: true, name: "My lock" });
    });

    test("get an error object for another size", async () => {
      const answer = await run(typed(lines.mismatch));
      const error = { code: "LockSizeMismatch", message: "lock size mismatch" };
      assert.deepEqual(answer, { error, key: answer.key, locked: false, name: "My lock" });
    });

    test("unlock a lock, once", async () => {
      assert.deepEqual(await run(typed(lines.unlock)), { name: "My lock", unlocked: true });
      const { error } = await run(typed(lines.unlock));
      assert.deepEqual(error, { code: "InvalidLockKey", message: "invalid lock key" });
    });

    test("delete the session, with which its locks go", async () => {
      assert.equal((await run(typed(lines.lock))).locked, true);
      assert.deepEqual(await run(typed(lines.endSession)), { session_id: "" });
      assert.equal(typeof (await run(typed(lines.lock))).error, "string");
      await run(typed(lines.openSession));
      assert.equal((await run(typed(lines.lock))).locked, true);
    });
  });
}

describe("the curl lines of the LDLM manual, with a password", () => {
  let server: LiveServer;
  let port: number;
  const typed = (line: string) => line.replaceAll(`:${manual.port}/`, `:${port}/`);

  before(async () => {
    server = await serve({ HOLDFAST_LDLM_PASSWORD: "mypassword" });
    port = await classicPortOf(server, "LDLM REST");
  });
  after(() => server?.[Symbol.asyncDispose]());

  test("create a session", async () => {
    const { session_id } = await run(typed(lines.openWithPassword));
    assert.match(String(session_id), /^[0-9a-f]{32}$/);
  });

  test("get nothing without it, or with another one", async () => {
    for (const refused of [
      lines.openSession,
      lines.openWithPassword.replace("mypassword", "yourpassword"),
    ]) {
      const status = refused.replace("curl ", "curl -o /dev/null -w '{\"status\":%{http_code}}' ");
      assert.deepEqual(await run(typed(status)), { status: 401 });
    }
  });
});
