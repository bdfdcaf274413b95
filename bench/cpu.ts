import { readFileSync } from "node:fs";

/** CPU time of another process, all its threads, as Linux tells it in proc_pid_stat(5). */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the name of the program, in parentheses, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** USER_HZ, which is the same on every machine that Node runs on. */
const ticksPerSecond = 100;
