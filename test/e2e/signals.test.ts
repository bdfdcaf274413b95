/** Signals at the wrong moment: during the start, while the disk hangs, and to process 1 of a container. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isCaught, type Signal, untilCaught } from "../../testing/caught-signals.ts";
import { reasonNotToTamper, tamperWith } from "../../testing/faults/tampering.ts";
import { asFirstProcess, firstProcessOf, reasonNotToUnshare } from "../../testing/first-process.ts";
import { type HoldfastProcess, startHoldfast } from "../../testing/holdfast-process.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { connectRaw, connectWebSocket } from "../../testing/loopback.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

/** Sends the signal while the server reads its configuration, which comes through a pipe. */
async function startDisturbedBy(signal: Signal): Promise<HoldfastProcess> {
  const pipe = join(folder.path, `${signal}.yaml`);
  execFileSync("mkfifo", [pipe]);
  const argv = ["serve", "--listen", "127.0.0.1:0", "--data", "memory", "--config", pipe];
  const server = startHoldfast({ argv, folder: folder.path });
  // Opens once the server does so on its side, and then waits for the text.
  const writer = await open(pipe, "w");
  assert.ok(isCaught(server.pid, signal), `${signal} would end the process`);
  server.kill(signal);
  await writer.writeFile("logLevel: info\n");
  await writer.close();
  return server;
}

/** Sends the signal on the first line of what `npm start` runs. */
async function startEntryDisturbedBy(signal: Signal): Promise<HoldfastProcess> {
  const argv = ["serve", "--listen", "127.0.0.1:0", "--data", "memory"];
  const server = startHoldfast({ argv, folder: folder.path, entry: "bin/holdfast.cjs" });
  // It is caught last. Node itself has handlers of the others from the beginning, which only restore the terminal.
  await untilCaught(server.pid, "SIGHUP");
  server.kill(signal);
  return server;
}

const moments = [
  { when: "on the first line of the entry point", startDisturbed: startEntryDisturbedBy },
  { when: "while the server reads its configuration", startDisturbed: startDisturbedBy },
];

for (const { when, startDisturbed } of moments) {
  describe(`during the start, ${when}`, { concurrency: 1 }, () => {
    test("SIGHUP ends nothing, and takes effect after it", async () => {
      const server = await startDisturbed("SIGHUP");
      await server.logged("listening");
      await server.logged("there is nothing to reload without TLS");
      server.kill("SIGTERM");
      assert.equal((await server.ended).status, 0);
    });

    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      test(`${signal} ends the server with status 0 before it listens`, async () => {
        const server = await startDisturbed(signal);
        const { status, stdout } = await server.ended;
        assert.deepEqual([status, stdout], [0, ""]);
      });
    }
  });
}

interface Started extends AsyncDisposable {
  readonly server: HoldfastProcess;
  readonly pid: number;
  readonly port: number;
}

async function start(through: readonly string[], ...argv: readonly string[]): Promise<Started> {
  const server = startHoldfast({
    argv: ["serve", "--listen", "127.0.0.1:0", ...argv],
    folder: folder.path,
    through,
  });
  const port = Number((await server.logged("listening")).port);
  const pid = through.length === 0 ? server.pid : firstProcessOf(server.pid);
  return {
    ...{ server, port, pid },
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await server.ended;
    },
  };
}

const places = [
  { name: "a process", through: [], killed: "SIGKILL", skip: false as string | false },
  {
    name: "process 1 of a container",
    through: asFirstProcess,
    killed: 137,
    skip: reasonNotToUnshare(),
  },
];

for (const { name, through, killed, skip } of places) {
  describe(name, { skip, concurrency: 1 }, () => {
    test("ends with status 0 on SIGTERM", async () => {
      await using started = await start(through, "--data", "memory");
      process.kill(started.pid, "SIGTERM");
      assert.equal((await started.server.ended).status, 0);
    });

    test("ends where it stands on a second SIGTERM", async () => {
      const argv = ["--data", "memory", "--shutdown-timeout", "1h"];
      await using started = await start(through, ...argv);
      const { pid, port, server } = started;
      const deaf = await connectWebSocket(port, "/v1?namespace=default");
      process.kill(pid, "SIGTERM");
      await server.logged("stopping");
      process.kill(pid, "SIGTERM");
      assert.equal((await server.ended).status, through.length === 0 ? "SIGTERM" : 143);
      await deaf.closed();
    });

    test("ends in time although clients keep it busy", async () => {
      const argv = ["--data", "memory", "--shutdown-timeout", "300ms"];
      await using started = await start(through, ...argv);
      const { pid, port, server } = started;
      const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
      const clients = await Promise.all(Array.from({ length: 20 }, () => connectRaw(port)));
      for (const { socket, send } of clients) {
        socket.on("drain", () => send(request.repeat(1000)));
        send(request.repeat(1000));
      }
      await clients[0]?.until((text) => text.includes("HTTP/1.1 200"));
      process.kill(pid, "SIGTERM");
      const beganMs = performance.now();
      const { status } = await server.ended;
      // 300 ms for the clients, 500 ms for the log, 200 ms for the watchdog; the rest is the test machine's.
      assert.ok(performance.now() - beganMs < 5_000);
      assert.ok(status === 0 || status === killed, `${status}`);
      for (const { socket } of clients) socket.destroy();
    });

    test("ends in time although the disk hangs", { skip: reasonNotToTamper() }, async () => {
      const data = join(folder.path, `hangs under ${name}`);
      await using started = await start(through, "--data", data, "--shutdown-timeout", "100ms");
      const { pid, port, server } = started;
      const session = await openLdlmSession(port);
      const hanging = await tamperWith(pid, ["fdatasync:delay_enter=600s"]);
      session.lock("never durable").catch(() => {});
      await server.logged("the disk stalls");
      process.kill(pid, "SIGTERM");
      await server.logged("did not stop in time");
      // Until then strace holds on to the thread that hangs.
      await hanging[Symbol.asyncDispose]();
      assert.equal((await server.ended).status, killed);
    });
  });
}
