import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { CallOutcome } from "./ldlm-client.ts";
import type { LdlmMethod } from "./ldlm-proto.ts";

const main = fileURLToPath(new URL("./ldlm-client-main.ts", import.meta.url));

/** A gRPC client that can be killed, or stopped, as a whole. */
export interface LdlmClientProcess extends AsyncDisposable {
  /** Rejects when the process ends before the call. */
  call(method: LdlmMethod, fields: object): Promise<CallOutcome>;
  signal(name: NodeJS.Signals): void;
}

export function startLdlmClient(port: number): LdlmClientProcess {
  const child = spawn(process.execPath, [main, String(port)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const calls: PromiseWithResolvers<CallOutcome>[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, outcome } = JSON.parse(line);
    calls[id]?.resolve(outcome);
  });
  // What it is told when it is dead already.
  child.stdin.on("error", () => {});
  const ended = once(child, "close").then(() => {
    for (const { reject } of calls) reject(new Error("the client is dead"));
  });
  return {
    call(method, fields) {
      const call = Promise.withResolvers<CallOutcome>();
      call.promise.catch(() => {});
      const id = calls.push(call) - 1;
      child.stdin.write(`${JSON.stringify({ id, method, fields })}\n`);
      return call.promise;
    },
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
