import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServerProcess, startServer } from "./child.ts";

/** A server whose speed is looked at, beside others. */
export interface Contender {
  readonly name: string;
  /** What an echo does not know: names of locks are all the same to it. */
  readonly knowsKeys: boolean;
  start(): Promise<ServerProcess>;
}

/** Every answer after its fdatasync. */
export const durable: Contender = holdfast("always", ["--durability", "always"]);

/** Holdfast, from the most careful to the least. */
export const holdfasts: readonly Contender[] = [
  durable,
  holdfast("relaxed", ["--durability", "relaxed"]),
  holdfast("memory", ["--data", "memory"]),
];

/** A server of ours which says the same to everybody. */
export function echo(name: string, file: URL, flags: readonly string[] = []): Contender {
  const argv = [fileURLToPath(file), ...flags];
  return { name, knowsKeys: false, start: () => startServer(argv) };
}

/** Holdfast with a durable log, unless the flags say otherwise. */
export function holdfast(name: string, flags: readonly string[]): Contender {
  const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
  return {
    name,
    knowsKeys: true,
    async start() {
      const data = createFolder();
      const argv = [main, "serve", "--listen", "127.0.0.1:0", "--data", data, ...flags];
      const server = await startServer(argv);
      return {
        ...server,
        async stop() {
          await server.stop();
          rmSync(data, { recursive: true });
        },
      };
    },
  };
}

/** On the disk of the project, since many a folder for temporary files is no disk at all. */
function createFolder(): string {
  return mkdtempSync(join(fileURLToPath(new URL("../node_modules", import.meta.url)), ".bench-"));
}
