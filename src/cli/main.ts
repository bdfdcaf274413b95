#!/usr/bin/env node
/** The entry point. It catches signals and checks the version of Node before it loads anything else. */
import { catchSignals } from "./signals.ts";

catchSignals({ isServer: process.argv[2] === "serve" });

/** Earlier versions have known holes in HTTP/2; docs/operating/security.md. */
const nodeMin = [24, 18, 1] as const;

if (isOlder(process.versions.node)) {
  process.stderr.write(
    `holdfast: needs Node ${nodeMin.join(".")} or newer, and this is ${process.version}; npm start brings the right one along\n`,
  );
  process.exitCode = 2;
} else {
  const { run } = await import("./program.ts");
  process.exitCode = await run(process.argv.slice(2));
}

function isOlder(version: string): boolean {
  const parts = version.split(".").map((part) => Number.parseInt(part, 10));
  const place = nodeMin.findIndex((part, index) => part !== parts[index]);
  return place >= 0 && (parts[place] ?? 0) < (nodeMin[place] ?? 0);
}
