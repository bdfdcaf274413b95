/** Installs the programs that the end-to-end tests call, on Debian and as root; elsewhere says which. */
import { spawnSync } from "node:child_process";

/** The package which each program comes with. */
const packages = { curl: "curl", json_pp: "perl" } as const;

/** Without one of these some tests of faults and of foreign clients are skipped, and say so. */
const packagesWanted = {
  faketime: "faketime",
  strace: "strace",
  "mkfs.ext4": "e2fsprogs",
} as const;
const pythonModulesWanted = { grpc: "python3-grpcio" } as const;

const needed = missingOf(packages, hasProgram);
const wanted = [
  ...missingOf(packagesWanted, hasProgram),
  ...missingOf(pythonModulesWanted, hasPythonModule),
];

if (needed.length + wanted.length > 0) apt(["update"]);
if (needed.length > 0 && !install(needed)) process.exitCode = 1;
if (wanted.length > 0) install(wanted);

function missingOf(
  packages: Readonly<Record<string, string>>,
  has: (name: string) => boolean,
): readonly string[] {
  return Object.entries(packages)
    .filter(([name]) => !has(name))
    .map(([, packageName]) => packageName);
}

function hasProgram(name: string): boolean {
  return spawnSync("which", [name]).status === 0;
}

function hasPythonModule(name: string): boolean {
  return spawnSync("/usr/bin/python3", ["-c", `import ${name}`]).status === 0;
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
