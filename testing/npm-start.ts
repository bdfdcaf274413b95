import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The server as README.md starts it: npm, which starts a shell, which starts Node. */
export interface NpmStart extends AsyncDisposable {
  /** Of the main port. */
  readonly port: number;
  /** As a terminal does: every process of the group gets the signal. */
  interrupt(): void;
  /** As a supervisor does: npm alone gets the signal. */
  terminate(): void;
  /** When all of them have ended, with the lines that were written to stderr. */
  readonly ended: Promise<readonly string[]>;
}

export async function npmStart(argv: readonly string[]): Promise<NpmStart> {
  const child = spawn("npm", ["start", "--", "--listen", "127.0.0.1:0", ...argv], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: ["ignore", "ignore", "pipe"],
    // A process group of its own, so that nothing of it stays behind.
    detached: true,
  });
  const lines: string[] = [];
  const ended = once(child, "close").then(() => lines);
  return {
    port: await portOf(child, lines),
    interrupt: () => signal(child, "SIGINT"),
    terminate: () => child.kill("SIGTERM"),
    ended,
    async [Symbol.asyncDispose]() {
      signal(child, "SIGKILL");
      await ended;
    },
  };
}

function portOf(child: ChildProcess, lines: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const stderr = createInterface({ input: child.stderr as NodeJS.ReadableStream });
    stderr.on("line", (line) => {
      lines.push(line);
      if (line.includes('"msg":"listening"')) resolve(JSON.parse(line).port);
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`npm ended too early: ${lines.join("\n")}`)));
  });
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
