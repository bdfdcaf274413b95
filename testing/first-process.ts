import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Runs a command as process 1 of a namespace of its own, as a container does. */
export const asFirstProcess: readonly string[] = [
  "unshare",
  "--pid",
  "--fork",
  "--mount-proc",
  "--kill-child",
];

/** Why no process can be the first of a namespace here; `false` when one can. */
export function reasonNotToUnshare(): string | false {
  const [command = "", ...words] = asFirstProcess;
  const { status, stderr, error } = spawnSync(command, [...words, "true"]);
  if (error !== undefined) return "unshare is not installed";
  return status === 0 ? false : `unshare is not permitted: ${stderr}`;
}

/** The pid, outside of the namespace, of the process that `unshare` with this pid runs. */
export function firstProcessOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
}
