/** Installs the programs that the end-to-end tests call, on Debian and as root; elsewhere says which. */
import { spawnSync } from "node:child_process";

/** The package which each program comes with. */
const packages = { curl: "curl", json_pp: "perl" } as const;

/** Without one of these the tests of some faults are skipped, and say so. */
const packagesForFaults = {
  faketime: "faketime",
  strace: "strace",
  "mkfs.ext4": "e2fsprogs",
} as const;

const needed = missingOf(packages);
const wanted = missingOf(packagesForFaults);

if (needed.length + wanted.length > 0) apt(["update"]);
if (needed.length > 0 && !install(needed)) process.exitCode = 1;
if (wanted.length > 0) install(wanted);

function missingOf(programs: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(programs)
    .filter(([program]) => spawnSync("which", [program]).status !== 0)
    .map(([, name]) => name);
}

function install(names: readonly string[]): boolean {
  if (apt(["install", "--yes", "--no-install-recommends", ...names])) return true;
  console.error(`The tests need ${names.join(" and ")}; apt-get could not install it.`);
  return false;
}

function apt(args: readonly string[]): boolean {
  const { status, error } = spawnSync("apt-get", args, { stdio: "inherit" });
  if (error !== undefined) console.error(error);
  return status === 0;
}
