/**
 * Installs the programs that the end-to-end tests call, on Debian and as root. To others it says which are missing,
 * and what that means.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** The package which each program comes with; the tests need it. */
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
const isRoot = process.getuid?.() === 0;

if (isRoot && needed.length + wanted.length > 0) apt(["update"]);
if (needed.length > 0 && !install(needed, "they are needed")) process.exitCode = 1;
if (wanted.length > 0) install(wanted, "the tests that need them are skipped");
if (!isRoot)
  console.error("Tests that only root can run, such as those of full disks, are skipped.");

function missingOf(
  packages: Readonly<Record<string, string>>,
  has: (name: string) => boolean,
): readonly string[] {
  return Object.entries(packages)
    .filter(([name]) => !has(name))
    .map(([, packageName]) => packageName);
}

/** Only root has the folders of programs for root in its path. */
function hasProgram(name: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasPythonModule(name: string): boolean {
  return spawnSync("/usr/bin/python3", ["-c", `import ${name}`]).status === 0;
}

/** Returns whether they are there now; if not, it says how to get them. */
function install(names: readonly string[], consequence: string): boolean {
  const words = ["install", "--yes", "--no-install-recommends", ...names];
  if (isRoot && apt(words)) return true;
  const where = `not installed: ${names.join(", ")}; ${consequence}`;
  console.error(`Debian packages that are ${where}. As root: apt-get install ${names.join(" ")}`);
  return false;
}

function apt(args: readonly string[]): boolean {
  const { status, error } = spawnSync("apt-get", args, { stdio: "inherit" });
  if (error !== undefined) console.error(error.message);
  return status === 0;
}
