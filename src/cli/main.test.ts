import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "holdfast-cli-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Runs the program in an empty folder, with only the given variables in its environment. */
function holdfast(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return runHoldfast({ argv, folder, environment });
}

test("--version prints the version of the package", async () => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  assert.deepEqual(await holdfast(["--version"]), {
    status: 0,
    stdout: `${JSON.parse(text).version}\n`,
    stderr: "",
  });
});

test("--help lists the commands", async () => {
  const { status, stdout } = await holdfast(["--help"]);
  assert.equal(status, 0);
  for (const command of ["serve", "config", "log"]) {
    assert.match(stdout, new RegExp(`^  ${command} `, "m"));
  }
});

test("serve --help lists flags with their defaults and variables", async () => {
  const { status, stdout } = await holdfast(["serve", "--help"]);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^ {2}--ldlm-rest-session-timeout <DURATION>\n {6}How long a REST session[^-]*default: 10m,\s+env:\s+HOLDFAST_LDLM_REST_SESSION_TIMEOUT\)$/m,
  );
});

const wrong: readonly {
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly says: string;
}[] = [
  { argv: ["srve"], says: "holdfast: unknown command 'srve'\n(Did you mean serve?)\n" },
  { argv: ["config", "prnt"], says: "holdfast: unknown command 'prnt'\n(Did you mean print?)\n" },
  { argv: ["serve", "now"], says: "holdfast: unexpected argument 'now'\n" },
  {
    argv: ["serve", "--listen"],
    says: "holdfast: option '--listen <HOST:PORT>' argument missing\n",
  },
  {
    argv: ["serve", "--listn=127.0.0.1:1", "--ldlm-pasword", "s3cret", "--node", "a b"],
    environment: { HOLDFAST_LISTN: "127.0.0.1:1" },
    says: `holdfast: the configuration is refused
  unknown variable HOLDFAST_LISTN; did you mean HOLDFAST_LISTEN?
  --node: node cannot be "a b"; it must be 1 to 64 of the characters a-z, A-Z, 0-9, dot, hyphen and underscore
  unknown flag --listn; did you mean --listen?
  unknown flag --ldlm-pasword; did you mean --ldlm-password?
`,
  },
  {
    argv: ["serve", "--config", "missing.yaml"],
    says: `holdfast: the configuration is refused
  cannot read the file missing.yaml: ENOENT: no such file or directory, open 'missing.yaml'
`,
  },
  {
    argv: ["serve", "--listen", "0.0.0.0:0"],
    says: `holdfast: the configuration is refused
  listen: 0.0.0.0:0 can be reached from other machines, and clients there need no credentials; listen on 127.0.0.1 or [::1], require client certificates (tls.clientCa), or, where the network keeps strangers out, give --insecure
`,
  },
];

for (const { argv, environment, says } of wrong) {
  test(`"holdfast ${argv.join(" ")}" says what is wrong and exits with status 2`, async () => {
    assert.deepEqual(await holdfast(argv, environment), { status: 2, stdout: "", stderr: says });
  });
}

test("config print shows the value and origin of settings from file, environment and flags", async () => {
  writeFileSync(join(folder, "holdfast.yaml"), "node: a\ndurability: relaxed\nlogLevel: warn\n");
  const { status, stdout, stderr } = await holdfast(
    ["config", "print", "--log-level=error", "--classic-ports", "--json"],
    { HOLDFAST_CONFIG: "holdfast.yaml", HOLDFAST_DURABILITY: "always" },
  );
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const shown = JSON.parse(stdout);
  assert.deepEqual(
    [shown.node, shown.durability, shown.logLevel, shown.classicPorts],
    [
      { value: "a", origin: { type: "file", path: "holdfast.yaml", line: 1 } },
      { value: "always", origin: { type: "variable", name: "HOLDFAST_DURABILITY" } },
      { value: "error", origin: { type: "flag", name: "--log-level" } },
      { value: true, origin: { type: "flag", name: "--classic-ports" } },
    ],
  );
});

test("config print shows a configuration with which a server would not start, and says why", async () => {
  const { status, stdout, stderr } = await holdfast(["config", "print", "--listen", "0.0.0.0:1"]);
  assert.equal(status, 2);
  assert.match(stdout, /^listen: 0\.0\.0\.0:1 +# --listen$/m);
  assert.match(stderr, /^ {2}listen: 0\.0\.0\.0:1 can be reached/m);
});

test("a command whose stdout takes no more says so in one line and exits with status 1", {
  skip: !existsSync("/dev/full") && "there is no /dev/full",
}, () => {
  const argv = ["-c", '"$0" "$@" > /dev/full', process.execPath, main, "config", "print"];
  const { status, stderr } = spawnSync("sh", argv, { encoding: "utf8" });
  assert.match(stderr, /^holdfast: stdout takes no more: ENOSPC: [^\n]+\n$/);
  assert.equal(status, 1);
});
