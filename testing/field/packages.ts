import { spawnSync } from "node:child_process";

interface Installable {
  readonly packages: readonly string[];
  /** Ends with 0 when it is there. */
  readonly probe: readonly string[];
}

export function isThere({ probe: [command = "", ...argv] }: Installable): boolean {
  return spawnSync(command, argv).status === 0;
}

/** Installs what is missing, on Debian and as root. Daemons that come along are not started. */
export function installMissing(wanted: readonly Installable[]): void {
  const missing = wanted.filter((one) => !isThere(one)).flatMap(({ packages }) => packages);
  if (missing.length === 0 || process.getuid?.() !== 0) return;
  const quiet = ["--yes", "--quiet", "--no-install-recommends"];
  apt(["update", "--quiet"]);
  apt(["install", ...quiet, ...new Set(missing)]);
}

/** `RUNLEVEL` tells the scripts of the packages that this is no time for daemons. */
function apt(argv: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  spawnSync("apt-get", argv, { stdio: ["ignore", "ignore", "inherit"], env });
}
