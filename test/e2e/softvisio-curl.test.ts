/** The curl lines of the softvisio API's document, typed into a shell as they stand there, and with what they lack. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { type InProcessServer, startInProcess } from "../../testing/in-process-server.ts";
import { uuid } from "../../testing/softvisio/calls.ts";

const document = {
  publish: documented("events/publish"),
  isLocked: documented("mutexes/is-locked"),
  tryLock: documented("mutexes/try-lock"),
  lock: documented("mutexes/lock"),
  unlock: documented("mutexes/unlock"),
} as const;

function documented(method: string): string {
  return `curl \\
    -H "Authorization: Bearer <YOUR-API-TOKEN>" \\
    "http://cluster/api/v1/${method}"`;
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: unknown;
}

let server: InProcessServer;
before(async () => {
  server = await startInProcess();
});
after(() => server?.[Symbol.asyncDispose]());

/** What a shell prints for a line that has the real host in it, and these arguments behind. */
async function run(line: string, ...more: readonly string[]): Promise<Answer> {
  const host = `http://127.0.0.1:${server.portOf("main")}/`;
  const text = [line.replace("http://cluster/", host), "-sS", "-i", ...more].join(" ");
  const { stdout } = await promisify(execFile)("sh", ["-c", text]);
  const [head = "", ...body] = stdout.split("\r\n\r\n");
  const [, status] = /^HTTP\/\S+ (\d+)/.exec(head) ?? [];
  const [, type] = /^content-type: (.*)$/im.exec(head) ?? [];
  const said = body.join("\r\n\r\n");
  return { status: Number(status), type, body: said === "" ? undefined : JSON.parse(said) };
}

const json = "-H 'Content-Type: application/json'";

/** The arguments of curl for this body. */
function sent(body: string, type = json): string {
  return `${type} -d '${body}'`;
}

function assertResult({ status, type, body }: Answer, data?: unknown): void {
  assert.equal(status, 200);
  assert.match(String(type), /^application\/json/);
  assert.deepEqual(body, { jsonrpc: "2.0", result: resultOf(data) });
}

function resultOf(data: unknown): object {
  const success = { status: 200, status_text: "OK", exception: false };
  return data === undefined ? success : { ...success, data };
}

function assertError({ status, type, body }: Answer, [httpStatus, code]: Refusal): void {
  assert.equal(status, httpStatus);
  assert.match(String(type), /^application\/json/);
  const { jsonrpc, error, ...rest } = body as Readonly<Record<string, unknown>>;
  assert.deepEqual({ jsonrpc, rest }, { jsonrpc: "2.0", rest: {} });
  const { message, data, ...told } = error as Readonly<Record<string, unknown>>;
  assert.deepEqual(told, { code });
  assert.ok(typeof message === "string" && message !== "", String(message));
  const { meta, ...kind } = data as Readonly<Record<string, unknown>>;
  assert.deepEqual(kind, { exception: false });
  // The published client cannot read an error without it.
  assert.ok(typeof meta === "object" && meta !== null);
}

type Refusal = readonly [httpStatus: number, code: number];

const refusals = {
  notJsonType: [415, -32803],
  wrongVerb: [405, -32804],
  notJson: [400, -32807],
  wrongArguments: [400, -32808],
  noSuchMethod: [404, -32809],
  noConnection: [400, -32810],
} as const satisfies Record<string, Refusal>;

for (const { how, flags } of [
  { how: "", flags: [] },
  { how: " over HTTP/2", flags: ["--http2-prior-knowledge"] },
]) {
  describe(`the curl lines of the softvisio document${how}`, () => {
    test("are told as they stand there which arguments they lack", async () => {
      for (const line of [document.publish, document.isLocked]) {
        assertError(await run(line, ...flags), refusals.wrongArguments);
      }
    });

    test("are told that a lock needs a connection, with arguments and without", async () => {
      for (const [line, body] of [
        [document.lock, '["curl"]'],
        [document.tryLock, '["curl"]'],
        [document.unlock, `["curl","${randomUUID()}"]`],
      ] as const) {
        assertError(await run(line, ...flags), refusals.noConnection);
        assertError(await run(line, sent(body), ...flags), refusals.noConnection);
      }
    });

    test("ask and publish with their arguments as a body", async () => {
      assertResult(await run(document.isLocked, sent('["curl"]'), ...flags), false);
      const event = '["app",{"name":"news","users":null,"data":"text"}]';
      assertResult(await run(document.publish, sent(event), ...flags));
    });

    test("tell that a mutex is locked", async () => {
      await using holder = await holdOverWebSocket("held");
      assertResult(await run(document.isLocked, sent('["held"]'), ...flags), true);
      assert.match(holder.id, uuid);
    });
  });
}

/** The lock is held until this is disposed of. */
async function holdOverWebSocket(mutex: string): Promise<AsyncDisposable & { id: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.portOf("main")}/api`, "jsonrpc_2.0");
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  const said = new Promise<string>((resolve, reject) => {
    socket.addEventListener("message", ({ data }) => resolve(String(data)));
    socket.addEventListener("error", reject);
  });
  socket.addEventListener("open", () => {
    const params = [mutex];
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "/v1/mutexes/lock", params }));
  });
  const { result } = JSON.parse(await said);
  return {
    id: result.data,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

describe("curl", () => {
  const { isLocked, publish, lock } = document;
  const mutex = '["curl"]';

  test("may leave the type of JSON away, and name its character set, but send no other", async () => {
    for (const type of [
      "-H 'Content-Type:'",
      "-H 'content-type: application/json; charset=utf-8'",
      "-H 'Content-Type: Application/JSON'",
    ]) {
      assertResult(await run(isLocked, sent(mutex, type)), false);
    }
    for (const type of [
      "",
      "-H 'Content-Type: text/plain'",
      "-H 'Content-Type: application/xml'",
    ]) {
      assertError(await run(isLocked, sent(mutex, type)), refusals.notJsonType);
    }
  });

  test("may send one argument without an array around it", async () => {
    assertResult(await run(isLocked, sent('"curl"')), false);
    for (const wrong of ["null", "1", '{"mutex":"curl"}', "[]", ""]) {
      assertError(await run(isLocked, sent(wrong)), refusals.wrongArguments);
    }
  });

  test("is told of a body that is no JSON", async () => {
    for (const broken of ["[", '["curl"', "curl", '{"a":1}]']) {
      assertError(await run(isLocked, sent(broken)), refusals.notJson);
    }
  });

  test("hears 200 at once when it does not want to hear what becomes of the call", async () => {
    const voidCall = "-H 'X-Api-Void-Call: true'";
    assertResult(await run(isLocked, sent(mutex), voidCall));
    assertResult(await run(publish, sent('["app",{"name":"news"}]'), voidCall));
  });

  test("may send a call as JSON-RPC has it, to any method's address", async () => {
    const call = { jsonrpc: "2.0", method: "/v1/mutexes/is-locked", params: ["curl"] };
    for (const id of [7, "seven"]) {
      const { status, body } = await run(lock, sent(JSON.stringify({ ...call, id })));
      assert.equal(status, 200);
      assert.deepEqual(body, { jsonrpc: "2.0", id, result: resultOf(false) });
    }
    assertResult(await run(lock, sent(JSON.stringify(call))));
  });

  test("cannot put arguments into the query", async () => {
    const asked = isLocked.replace('is-locked"', `is-locked?0=curl&mutex_id=curl"`);
    assertError(await run(asked), refusals.wrongArguments);
    const located = isLocked.replace('is-locked"', `is-locked?locale=ru"`);
    assertResult(await run(located, sent(mutex)), false);
  });

  test("uses no verbs but GET and POST", async () => {
    for (const verb of ["PUT", "DELETE", "PATCH", "PURGE"]) {
      assertError(await run(isLocked, "-X", verb), refusals.wrongVerb);
      assertError(await run(isLocked, "-X", verb, sent(mutex)), refusals.wrongVerb);
    }
    const { status, type, body } = await run(isLocked, "--head");
    assert.deepEqual({ status, body }, { status: 405, body: undefined });
    assert.match(String(type), /^application\/json/);
  });

  test("is told of methods that are not there", async () => {
    for (const path of ["v1/mutexes/steal", "v2/mutexes/is-locked", "v1/mutexes", "v1/"]) {
      const line = isLocked.replace("v1/mutexes/is-locked", path);
      assertError(await run(line, sent(mutex)), refusals.noSuchMethod);
    }
  });
});
