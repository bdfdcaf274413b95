import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A program in the foreground, ended when it is disposed of. */
export interface Running extends AsyncDisposable {}

const patienceMs = 10_000;

/** Resolves when all ports accept connections. Rejects, with what it wrote, when the program ends or takes too long. */
export async function startProgram(
  [command = "", ...argv]: readonly string[],
  { folder, ports }: { readonly folder: string; readonly ports: readonly number[] },
): Promise<Running> {
  const environment = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(command, argv, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      written += text;
    });
  }
  const deadlineMs = performance.now() + patienceMs;
  while (!(await areOpen(ports))) {
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      await end(child);
      throw new Error(`${command} does not run: ${written.slice(-500)}`);
    }
    await sleep(50);
  }
  return { [Symbol.asyncDispose]: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
  await ended;
  clearTimeout(timer);
}

async function areOpen(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await isOpen(port))) return false;
  return true;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Free a moment ago, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}
