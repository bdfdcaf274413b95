import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** While it lasts, the kernel answers a process as it was told to; it ends with `dispose`. */
export type Tampering = AsyncDisposable;

/** Why no process can be tampered with here; `false` when it can. */
export function reasonNotToTamper(): string | false {
  const { status, stderr, error } = spawnSync("strace", ["-e", "trace=none", "true"]);
  if (error !== undefined) return "strace is not installed";
  return status === 0 ? false : `strace may not trace: ${stderr}`;
}

/**
 * What becomes of system calls, as strace(1) says it under "Tampering":
 * `fdatasync:delay_enter=600s`, `fdatasync:error=EIO`, `rename:signal=KILL`.
 */
export async function tamperWith(pid: number, injections: readonly string[]): Promise<Tampering> {
  const calls = injections.map((injection) => injection.split(":")[0]).join(",");
  const inject = injections.map((injection) => `--inject=${injection}`);
  const argv = ["--follow-forks", `--trace=${calls}`, ...inject, `--attach=${pid}`];
  const strace = spawn("strace", argv, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(strace, "close");
  let text = "";
  await new Promise<void>((resolve, reject) => {
    strace.stderr.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      if (text.includes(" attached")) resolve();
    });
    ended.then(() => reject(new Error(`strace ended: ${text}`)), reject);
  });
  return {
    async [Symbol.asyncDispose]() {
      // SIGINT would make it wait for threads that end while it delays their calls.
      strace.kill("SIGKILL");
      await ended;
    },
  };
}

/** The process which serves from this folder. */
export function ownerOf(data: string): number {
  return Number.parseInt(readFileSync(join(data, "owner.lock"), "utf8"), 10);
}
