/** What bin/holdfast.cjs says when something is missing, before anything is loaded. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = process.versions.node;

interface Installation {
  readonly engines?: string;
  readonly files?: readonly string[];
}

/** Runs the entry point of an installation that has only these files, and no more to say than its own. */
function say({ engines = ">=1.0.0", files = [] }: Installation): string {
  using folder = createTemporaryFolder();
  cpSync(join(root, "bin"), join(folder.path, "bin"), { recursive: true });
  const description = { engines: { node: engines }, dependencies: { pino: "*", yaml: "*" } };
  for (const file of files) {
    const path = join(folder.path, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, "process.stderr.write('run ' + process.argv.slice(2));");
  }
  writeFileSync(join(folder.path, "package.json"), JSON.stringify(description));
  const argv = [join(folder.path, "bin/holdfast.cjs"), "serve", "x"];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  assert.equal(status, stderr.startsWith("run") ? 0 : 2);
  return stderr;
}

const checkout = "src/cli/main.ts";
const pino = "node_modules/pino/package.json";
const yaml = "node_modules/yaml/package.json";
const future = ">=99.1.0";
const older = `holdfast: Node 99.1.0 or newer is needed, and this is ${node}; `;

const cases: readonly (Installation & { readonly when: string; readonly says: string })[] = [
  {
    when: "the Node that npm ci has installed is not in use",
    engines: future,
    files: [checkout, "node_modules/node/bin/node"],
    says: `${older}start it with npm start or ./holdfast, which take the Node that npm ci has installed here\n`,
  },
  {
    when: "npm ci was told to run no scripts",
    engines: future,
    files: [checkout, "node_modules/node/package.json"],
    says: `${older}npm ci was told to run no scripts (--ignore-scripts), so the Node that comes along is not there: run npm rebuild node, or install Node 99.1.0 or newer\n`,
  },
  {
    when: "npm ci was told to leave out what is for development",
    engines: future,
    files: [checkout, pino],
    says: `${older}npm ci has left out the Node that comes along (NODE_ENV=production, --omit=dev): run npm ci --include=dev, or install Node 99.1.0 or newer\n`,
  },
  {
    when: "npm ci was not run",
    engines: future,
    files: [checkout],
    says: `${older}run npm ci, which brings one along, or install Node 99.1.0 or newer\n`,
  },
  {
    when: "a package runs in an old Node",
    engines: future,
    files: ["dist/cli/main.js"],
    says: `${older}install Node 99.1.0 or newer\n`,
  },
  {
    when: "npm ci was not run and Node is new enough",
    files: [checkout, yaml],
    says: "holdfast: the package pino is not installed; run npm ci\n",
  },
  { when: "nothing is missing", files: [checkout, pino, yaml], says: "run serve,x" },
  {
    when: "nothing is missing in a package",
    files: ["dist/cli/main.js", pino, yaml],
    says: "run serve,x",
  },
];

for (const { when, says, ...installation } of cases) {
  test(`when ${when}, the command says so`, () => {
    assert.equal(say(installation), says);
  });
}

test("in a checkout ./holdfast runs from any folder and through a link, and prints nothing else", () => {
  using folder = createTemporaryFolder();
  const version = spawnSync(join(root, "holdfast"), ["--version"], { cwd: folder.path });
  assert.match(String(version.stdout), /^\d+\.\d+\.\d+\n$/);
  const link = join(folder.path, "hf");
  execFileSync("ln", ["-s", join(root, "holdfast"), link]);
  chmodSync(folder.path, 0o755);
  const linked = execFileSync(link, ["--version"], { encoding: "utf8" });
  assert.equal(linked, String(version.stdout));
});
