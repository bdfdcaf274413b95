/** Installs the programs that the end-to-end tests call, on Debian and as root; elsewhere says which. */
import { spawnSync } from "node:child_process";

/** The package which each program comes with. */
const packages = { curl: "curl", json_pp: "perl" } as const;

const missing = Object.entries(packages)
  .filter(([program]) => spawnSync("which", [program]).status !== 0)
  .map(([, name]) => name);

if (missing.length > 0) {
  install(["update"]);
  install(["install", "--yes", "--no-install-recommends", ...missing]);
}

function install(args: readonly string[]): void {
  const { status, error } = spawnSync("apt-get", args, { stdio: "inherit" });
  if (status === 0) return;
  console.error(
    `The tests need ${missing.join(" and ")}; apt-get could not install it.`,
    error ?? "",
  );
  process.exit(1);
}
