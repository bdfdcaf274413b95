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

await attackNamed(name).run({
  port: Number(port),
  deadlineMs: performance.now() + 1000 * Number(seconds),
  count(what, by = 1) {
    counts[what] = (counts[what] ?? 0) + by;
  },
});
process.send?.(counts);
