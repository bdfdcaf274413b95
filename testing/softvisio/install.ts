/**
 * Installs the published client of the softvisio API into this folder, for the end-to-end tests: it is
 * too much, and too old, to be a dependency of the project.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const lock = `${folder}package-lock.json`;
/** What the last installation was made from. npm removes it with all else before it begins another. */
const installedLock = `${folder}node_modules/.installed-lock.json`;

if (!isInstalled()) install();

function isInstalled(): boolean {
  return existsSync(installedLock) && readFileSync(installedLock).equals(readFileSync(lock));
}

function install(): void {
  // The scripts of its packages fetch native parts that the client does not need.
  const argv = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  const { status, error } = spawnSync("npm", argv, { cwd: folder, stdio: "inherit" });
  if (status === 0) {
    copyFileSync(lock, installedLock);
    return;
  }
  console.error("The tests need the softvisio client; npm could not install it.", error ?? "");
  process.exitCode = 1;
}
