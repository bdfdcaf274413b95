import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";

/** Where and on what it was measured; without this no figure means anything. One line each. */
export function machineLines(): readonly string[] {
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const [load] = loadavg();
  return [
    `machine: ${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, ${gibibytes} GiB, ${type()} ${/^\d+\.\d+/.exec(release())}`,
    `node: ${process.version}`,
    `commit: ${commit()}`,
    `date: ${new Date().toISOString().slice(0, 10)}, load average before: ${load?.toFixed(2)}`,
  ];
}

/** With a mark when files differ from the commit: then the figures are nobody else's. */
function commit(): string {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const git = (...argv: readonly string[]) => execFileSync("git", argv, { cwd, encoding: "utf8" });
  try {
    const hash = git("rev-parse", "--short=12", "HEAD").trim();
    const isChanged = git("status", "--porcelain", "--", "src", "bench/*.ts").trim() !== "";
    return isChanged ? `${hash} with uncommitted changes` : hash;
  } catch {
    return "unknown";
  }
}
