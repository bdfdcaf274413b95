/**
 * The attackers as a process of their own: `attacker-main.ts NAME PORT SECONDS`. It tells its parent what it
 * has done twice a second, and keeps what it has opened until it is killed.
 */
import { setPriority } from "node:os";
import { attackNamed } from "./attacks.ts";

const [name = "", port, seconds] = process.argv.slice(2);

// A real attacker has a machine of its own, and takes no processor from the server or the good client.
setPriority(19);
process.on("disconnect", () => process.exit());

const counts: Record<string, number> = {};
setInterval(() => process.send?.(counts), 500);

function count(what: string, by = 1): void {
  counts[what] = (counts[what] ?? 0) + by;
}

const attack = attackNamed(name);
const target = { port: Number(port), count };
try {
  await attack.prepare?.({ ...target, deadlineMs: Number.POSITIVE_INFINITY });
  process.send?.("prepared");
  await attack.run({ ...target, deadlineMs: performance.now() + 1000 * Number(seconds) });
} catch (error) {
  // The server may have a defence against it.
  count(`failed: ${(error as Error).message}`);
}
process.send?.(counts);
