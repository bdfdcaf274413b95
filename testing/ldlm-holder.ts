/**
 * A client as a process of its own, that can be stopped as a whole: `ldlm-holder.ts PORT NAME SECONDS`
 * takes the lock with this lease and prints the answer, then gives it back when a line comes on stdin,
 * and prints that answer.
 */
import { once } from "node:events";
import { openLdlmSession } from "./ldlm-session.ts";

const [port, name = "", leaseSeconds] = process.argv.slice(2);
const session = await openLdlmSession(Number(port));
const granted = await session.lock(name, { lock_timeout_seconds: Number(leaseSeconds) });
console.log(JSON.stringify(granted));
await once(process.stdin, "data");
console.log(JSON.stringify(await session.unlock(name, granted.key ?? "")));
process.stdin.destroy();
