/** What bin/holdfast.cjs runs once nothing is missing. It catches signals before it loads anything else. */
import { catchSignals } from "./signals.ts";

catchSignals({ isServer: process.argv[2] === "serve" });
const { run } = await import("./program.ts");
process.exitCode = await run(process.argv.slice(2));
