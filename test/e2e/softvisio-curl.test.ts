/** The curl lines of the softvisio API's document, run by a shell as they stand there and with their arguments. */
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

/** Runs the line in a shell, with the real host and with more arguments. */
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

/** The arguments of curl that send this body. */
function sent(body: string): string {
  return `-H 'Content-Type: application/json' -d '${body}'`;
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
  wrongArguments: [400, -32808],
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

/** Holds the lock until it is disposed. */
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

test("curl gets the head of a refusal for --head, and no body", async () => {
  const { status, type, body } = await run(document.isLocked, "--head");
  assert.deepEqual({ status, body }, { status: 405, body: undefined });
  assert.match(String(type), /^application\/json/);
});
