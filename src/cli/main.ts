#!/usr/bin/env node
/** The entry of the program; it loads nothing before it knows that this Node can run the rest. */
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
