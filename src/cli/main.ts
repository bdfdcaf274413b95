#!/usr/bin/env node
/** The entry point. It catches signals and checks the version of Node before it loads anything else. */
import { catchSignals } from "./signals.ts";

catchSignals({ isServer: process.argv[2] === "serve" });

const nodeMajorMin = 22;

if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
  process.stderr.write(
    `holdfast: needs Node ${nodeMajorMin} or newer, and this is ${process.version}; npm start brings the right one along\n`,
  );
  process.exitCode = 2;
} else {
  const { run } = await import("./program.ts");
  process.exitCode = await run(process.argv.slice(2));
}
