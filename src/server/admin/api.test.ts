import assert from "node:assert/strict";
import { join } from "node:path";
import { Writable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { pino } from "pino";
import { type AdminAnswer, askSocket } from "../../../testing/admin-client.ts";
import { openLdlmSession } from "../../../testing/ldlm-session.ts";
import { load } from "../../../testing/load-config.ts";
import { createTemporaryFolder } from "../../../testing/temporary-folder.ts";
import { type Server, startServer } from "../server.ts";

/** A whole server, its data in memory, and its log lines. */
const folder = createTemporaryFolder();
const path = join(folder.path, "a.sock");
const lines: Record<string, unknown>[] = [];
let server: Server;
let port = 0;

before(async () => {
  const flags = { "--data": "memory", "--listen": "127.0.0.1:0", "--admin-socket": path };
  const takeLine = (line: Buffer, _: unknown, taken: () => void) => {
    lines.push(JSON.parse(String(line)));
    taken();
  };
  const logger = pino({}, new Writable({ write: takeLine }));
  server = await startServer(load({ flags }).config, { logger });
  port = server.addresses[0]?.port ?? 0;
});

after(async () => {
  await server.stop();
  folder[Symbol.dispose]();
});

function get(target: string): Promise<AdminAnswer> {
  return askSocket(path, "GET", `/admin/v1/${target}`);
}

function post(target: string, body: unknown): Promise<AdminAnswer> {
  return askSocket(path, "POST", `/admin/v1/${target}`, JSON.stringify(body));
}

const by = "tester";

describe("what cannot be meant is refused:", () => {
  const unlock = { path: ["a"], by };
  const refused: readonly (readonly [string, () => Promise<AdminAnswer>, number, string])[] = [
    ["an unknown path", () => get("nothing"), 404, "there is no such path"],
    [
      "a path of Object",
      () => askSocket(path, "GET", "/constructor"),
      404,
      "there is no such path",
    ],
    ["a GET that changes", () => get("unlock"), 405, "it must be asked with POST"],
    ["a POST that lists", () => post("locks", {}), 405, "it must be asked with GET"],
    [
      "a limit of 0",
      () => get("locks?limit=0"),
      400,
      "limit must be a whole number from 1 to 10000",
    ],
    [
      "a huge limit",
      () => get("sessions?limit=10001"),
      400,
      "limit must be a whole number from 1 to 10000",
    ],
    [
      "a limit that is none",
      () => get("locks?limit=1e2"),
      400,
      "limit must be a whole number from 1 to 10000",
    ],
    ["a body that is no object", () => post("unlock", []), 400, "the body must be an object"],
    ["nobody who asks", () => post("unlock", { path: ["a"] }), 400, "by is missing"],
    [
      "a novel of who asks",
      () => post("kick", { session: "s", by: "x".repeat(257) }),
      400,
      "by has at most 256 characters",
    ],
    ["no path", () => post("unlock", { by }), 400, "path must be an array of texts"],
    [
      "a path of numbers",
      () => post("unlock", { by, path: [1] }),
      400,
      "path must be an array of texts",
    ],
    [
      "half a surrogate pair",
      () => post("unlock", { by, path: ["\ud800"] }),
      400,
      "path must be an array of texts",
    ],
    [
      "a key that is no text",
      () => post("unlock", { ...unlock, key: 5 }),
      400,
      "key must be a text",
    ],
    [
      "a token of 0",
      () => post("unlock", { ...unlock, token: 0 }),
      400,
      "token must be a whole number from 1 on",
    ],
    [
      "any that is no boolean",
      () => post("unlock", { ...unlock, any: 1 }),
      400,
      "any must be true or false",
    ],
    ["no session", () => post("kick", { by }), 400, "session is missing"],
    [
      "an unknown session",
      () => post("kick", { by, session: "s" }),
      404,
      "a session by that id does not exist",
    ],
    [
      "an unknown name",
      () => post("unlock", { by, path: ["none"] }),
      404,
      "a lock by that name does not exist",
    ],
    ["a token without name", () => post("tokens/create", { by }), 400, "name is missing"],
    [
      "a token with an empty name",
      () => post("tokens/create", { by, name: "" }),
      400,
      "name is missing",
    ],
    [
      "a token with a novel for a name",
      () => post("tokens/create", { by, name: "x".repeat(1025) }),
      409,
      "a name has at most 1024 bytes",
    ],
    ["a token of nobody", () => post("tokens/create", { name: "ci" }), 400, "by is missing"],
    ["a GET that creates", () => get("tokens/create"), 405, "it must be asked with POST"],
    ["no token to revoke", () => post("tokens/revoke", { by }), 400, "token is missing"],
    [
      "an unknown token",
      () => post("tokens/revoke", { by, token: "constructor" }),
      404,
      "an API token by that id or name does not exist",
    ],
  ];
  for (const [what, ask, status, message] of refused) {
    test(what, async () => {
      const answer = await ask();
      assert.equal(answer.status, status);
      assert.equal((answer.body as { error: { message: string } }).error.message, message);
    });
  }
});

test("which of several holders is meant is said by key or token, or is the newest", async () => {
  const session = await openLdlmSession(port);
  const keys: string[] = [];
  for (let place = 0; place < 4; place++) {
    keys.push((await session.lock("pool", { size: 4 })).key ?? "");
  }
  const several = (await post("unlock", { by, path: ["pool"] })) as AdminAnswer & {
    readonly body: { error: { code: string; holders: readonly { key: string; token: number }[] } };
  };
  assert.equal(several.status, 409);
  assert.equal(several.body.error.code, "several_holders");
  const { holders } = several.body.error;
  assert.deepEqual(
    holders.map(({ key }) => key),
    keys,
  );

  const code = async (wish: object) => {
    const { status, body } = await post("unlock", { by, path: ["pool"], ...wish });
    return status === 200 ? "unlocked" : (body as { error: { code: string } }).error.code;
  };
  assert.equal(await code({ key: "wrong" }), "wrong_key");
  assert.equal(await code({ token: 999 }), "wrong_token");
  assert.equal(await code({ key: keys[0], token: holders[1]?.token }), "wrong_key");
  assert.equal(await code({ key: keys[0] }), "unlocked");
  assert.equal(await code({ token: holders[1]?.token }), "unlocked");
  assert.equal(await code({ any: true }), "unlocked");
  const { locks } = (await get("locks?prefix=pool")).body as { locks: readonly { key: string }[] };
  assert.deepEqual(
    locks.map(({ key }) => key),
    [keys[2]],
  );
  assert.equal(await code({}), "unlocked");
  assert.equal(await code({}), "not_held");
  await session.end();
});

test("a change is in the server's log with who made it, and without the key of the lock", async () => {
  const session = await openLdlmSession(port);
  const { key = "" } = await session.lock("secret");
  await post("unlock", { by: "root, process 7", path: ["secret"], key });
  const line = lines.findLast(({ msg }) => msg === "an operator took a lock away");
  assert.equal(line?.by, "root, process 7");
  assert.equal(line?.via, "admin socket");
  assert.deepEqual(line?.path, ["secret"]);
  assert.equal(JSON.stringify(lines).includes(key), false);

  const { sessions } = (await get("sessions")).body as { sessions: readonly { session: string }[] };
  const id = sessions[0]?.session;
  assert.equal((await post("kick", { by: "root, process 8", session: id })).status, 200);
  const kicked = lines.findLast(({ msg }) => msg === "an operator ended a session");
  assert.deepEqual([kicked?.by, kicked?.session], ["root, process 8", id]);
  // The cookie is invalid now.
  await assert.rejects(session.lock("secret"), /401/);
});

describe("API tokens", { concurrency: false }, () => {
  interface Created {
    readonly id: string;
    readonly name: string;
    readonly token: string;
  }
  const create = async (name: string) => {
    const { status, body } = await post("tokens/create", { by, name });
    assert.equal(status, 200);
    return body as Created;
  };
  const listed = async () => {
    const { now, tokens } = (await get("tokens")).body as {
      readonly now: number;
      readonly tokens: readonly { readonly id: string; readonly createdAt: number }[];
    };
    for (const { createdAt } of tokens) assert.ok(createdAt <= now);
    return tokens.map(({ createdAt: _, ...others }) => others);
  };

  test("are listed in the order of their creation, and shown only to who creates them", async () => {
    const [web, ci] = [await create("web"), await create("ci")];
    const { token, ...others } = web;
    assert.match(token, new RegExp(`^hf_${web.id}_[0-9a-f]{32}$`));
    assert.deepEqual(others, { created: true, id: web.id, name: "web", isRequired: false });
    assert.deepEqual(await listed(), [
      { id: web.id, name: "web", createdBy: by },
      { id: ci.id, name: "ci", createdBy: by },
    ]);
  });

  test("have names that are free again once they are revoked", async () => {
    const taken = await post("tokens/create", { by, name: "ci" });
    assert.deepEqual(taken, {
      status: 409,
      body: { error: { code: "already_exists", message: "an API token of that name exists" } },
    });
    const { body } = await post("tokens/revoke", { by, token: "ci" });
    const { id, ...others } = body as Created;
    assert.deepEqual(others, { revoked: true, name: "ci" });
    assert.notEqual((await create("ci")).id, id);
  });

  test("are revoked by id or name, and an id is not taken for the name of another", async () => {
    const meant = await create("meant");
    const deceiver = await create(meant.id);
    assert.equal((await post("tokens/revoke", { by, token: meant.id })).status, 200);
    assert.deepEqual((await listed()).at(-1), {
      id: deceiver.id,
      name: meant.id,
      createdBy: by,
    });
    const { body } = await post("tokens/revoke", { by, token: meant.id });
    assert.deepEqual(body, { revoked: true, id: deceiver.id, name: meant.id });
    assert.equal((await post("tokens/revoke", { by, token: meant.id })).status, 404);
  });

  test("are in the server's log with who changed them, and without their texts", async () => {
    const { id, token } = await create("logged");
    await post("tokens/revoke", { by: "root, process 9", token: "logged" });
    const created = lines.findLast(({ msg }) => msg === "an operator created an API token");
    assert.deepEqual([created?.by, created?.apiToken, created?.name], [by, id, "logged"]);
    const revoked = lines.findLast(({ msg }) => msg === "an operator revoked an API token");
    assert.deepEqual([revoked?.by, revoked?.apiToken], ["root, process 9", id]);
    assert.equal(JSON.stringify(lines).includes(token.slice(-32)), false);
  });
});
