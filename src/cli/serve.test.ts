import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { pino } from "pino";
import {
  type Ended,
  type HoldfastProcess,
  type LogLine,
  runHoldfast,
  startHoldfast,
} from "../../testing/holdfast-process.ts";
import { untilStopped } from "./serve.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-serve-"));
test.after(() => rmSync(folder, { recursive: true }));

const anyPort = ["serve", "--listen", "127.0.0.1:0"];

/** Starts a server and waits for its port. The end of the test stops it if the test has not. */
async function serving(
  t: test.TestContext,
  argv: readonly string[],
): Promise<{ readonly server: HoldfastProcess; readonly listening: LogLine }> {
  const server = startHoldfast({ argv: [...anyPort, ...argv], folder });
  t.after(async () => {
    server.kill("SIGKILL");
    await server.ended;
  });
  return { server, listening: await server.logged("listening") };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`a server says where it listens, answers there, and ends with status 0 on ${signal}`, async (t) => {
    const { server, listening } = await serving(t, ["--data", "memory"]);
    const { name, host, port } = listening;
    assert.deepEqual({ name, host }, { name: "main", host: "127.0.0.1" });
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    server.kill(signal);
    const { status, stdout } = await server.ended;
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^  http://127\\.0\\.0\\.1:${port} `, "m"));
  });
}

test("the lines to try are answered when they are pasted", async (t) => {
  const { server } = await serving(t, ["--data", "memory"]);
  const [text] = await server.printed(/^Try[\s\S]*-w 5\n/m);
  const lines = text.split("\n").filter((line) => line.startsWith("  curl "));
  assert.equal(lines.length, 3);
  const [page, lock] = await Promise.all(
    // The third asks for a password.
    lines.slice(0, 2).map((line) => promisify(execFile)("sh", ["-c", line])),
  );
  assert.match(page?.stdout ?? "", /holdfast/i);
  assert.match(lock?.stdout ?? "", /"locked":true,"name":"invoices"/);
});

test("a second signal ends a server that still waits for a connection", async (t) => {
  const { server, listening } = await serving(t, ["--data", "memory", "--shutdown-timeout", "1h"]);
  const socket = await openWebSocket(Number(listening.port));
  t.after(() => socket.destroy());
  server.kill("SIGTERM");
  await server.logged("stopping");
  server.kill("SIGTERM");
  assert.equal((await server.ended).status, "SIGTERM");
});

test("a port in use is told in one line, with status 1", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  t.after(() => other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const argv = ["serve", "--data", "memory", "--listen", `127.0.0.1:${port}`];
  const { status, stderr } = await failing(t, argv);
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`^holdfast: .*127\\.0\\.0\\.1:${port}.*$`, "m"));
  assert.doesNotMatch(stderr, /^ +at /m);
});

test("data that another server uses is told in one line, with status 1", async (t) => {
  await serving(t, ["--data", "owned"]);
  const { status, stderr } = await failing(t, [...anyPort, "--data", "owned"]);
  assert.equal(status, 1);
  assert.match(stderr, /^holdfast: .*owned is in use.*$/m);
  assert.doesNotMatch(stderr, /^ +at /m);
});

test("the log can be looked at while the server runs, and after a second start", async (t) => {
  const first = await serving(t, ["--data", "looked-at"]);
  const check = await runHoldfast({ argv: ["log", "check", "looked-at"], folder });
  assert.deepEqual([check.status, check.stderr], [0, ""]);
  assert.match(check.stdout, /^segment .* entries 1 to [1-5], [\s\S]*no problems\n$/);
  first.server.kill("SIGTERM");
  await first.server.ended;

  await serving(t, ["--data", "looked-at"]);
  const environment = { HOLDFAST_DATA: "looked-at" };
  const cat = await runHoldfast({ argv: ["log", "cat", "--json"], folder, environment });
  assert.deepEqual([cat.status, cat.stderr], [0, ""]);
  assert.deepEqual(
    cat.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ index, command }) => ({ index, type: command.type })),
    [
      { index: 1, type: "start" },
      { index: 2, type: "set_limits" },
      { index: 3, type: "create_user" },
      { index: 4, type: "change_user" },
      { index: 5, type: "change_user" },
      { index: 6, type: "start" },
    ],
  );
  const second = await runHoldfast({ argv: ["log", "cat", "looked-at", "--from", "6"], folder });
  assert.match(second.stdout, /^6 \S+Z start \{.*\}\n$/);
});

test("log check tells a damaged log, with status 1, and serve refuses it in one line", async (t) => {
  const { server } = await serving(t, ["--data", "damaged"]);
  server.kill("SIGTERM");
  await server.ended;
  damageLog(join(folder, "damaged"));
  const check = await runHoldfast({ argv: ["log", "check", "damaged"], folder });
  assert.equal(check.status, 1);
  assert.match(check.stdout, /^problem .*\n(?:.*\n)*problems: \d+\n$/m);
  const { status, stderr } = await failing(t, [...anyPort, "--data", "damaged"]);
  assert.equal(status, 1);
  assert.match(stderr, /^holdfast: log-.*byte \d+: .*holdfast log check damaged.*$/m);
  assert.doesNotMatch(stderr, /^ +at /m);
});

test("a folder that is not there is told in one line, with status 1", async () => {
  const { status, stderr } = await runHoldfast({ argv: ["log", "check", "missing"], folder });
  assert.equal(status, 1);
  assert.match(stderr, /^holdfast: ENOENT: .*missing'\n$/);
});

test("a server that fails has the status 1, before a signal and while it stops", async () => {
  const logger = pino({ level: "silent" });
  const broken = Promise.reject(new Error("the disk is gone"));
  const stop = () => new Promise<void>(() => {});
  const never = new Promise<NodeJS.Signals>(() => {});
  assert.equal(await untilStopped({ stop, failed: broken }, never, logger), 1);

  const { promise: failed, reject } = Promise.withResolvers<never>();
  const failing = {
    failed,
    stop() {
      reject(new Error("the disk is gone"));
      return stop();
    },
  };
  assert.equal(await untilStopped(failing, Promise.resolve("SIGTERM"), logger), 1);
});

test("dangers are told on stdout and in the log", async (t) => {
  const { server } = await serving(t, ["--data", "memory"]);
  const warning = "data in memory: when the process ends, every lock is gone";
  await server.logged(warning);
  await server.printed(new RegExp(`WARNING  ${warning}\n`));
});

/** The exit of a server that must not start; kills it if it does. */
async function failing(t: test.TestContext, argv: readonly string[]): Promise<Ended> {
  const server = startHoldfast({ argv, folder });
  t.after(() => server.kill("SIGKILL"));
  const started = server.logged("listening").then(
    () => assert.fail("the server has started"),
    () => server.ended,
  );
  return Promise.race([server.ended, started]);
}

/** Changes one byte in the header of the only segment. */
function damageLog(data: string): void {
  const name = readdirSync(data).find((file) => file.startsWith("log-"));
  assert.ok(name !== undefined);
  const path = join(data, name);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(20) ^ 0xff, 20);
  writeFileSync(path, bytes);
}

/** A client that never answers the server's close frame. */
async function openWebSocket(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "GET /v1?namespace=default HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 101 /);
  return socket;
}
