import assert from "node:assert/strict";
import test from "node:test";
import { listenersOf, refusals, warnings } from "./listeners.ts";
import { type LoadedConfig, loadConfig } from "./load.ts";

function load(flags: Readonly<Record<string, string>>): LoadedConfig {
  return loadConfig({ flags, environment: {}, readFile: () => "" });
}

const open = { "--classic-ports": "true" };

const cases: readonly {
  readonly flags: Readonly<Record<string, string>>;
  /** The keys of the listeners that keep the server from starting. */
  readonly refused: readonly string[];
}[] = [
  { flags: {}, refused: [] },
  { flags: { "--listen": "localhost:1" }, refused: [] },
  { flags: { "--listen": "[::1]:1" }, refused: [] },
  { flags: { "--listen": "0.0.0.0:1" }, refused: ["listen"] },
  { flags: { "--listen": "[::]:1" }, refused: ["listen"] },
  { flags: { "--listen": "lock.example.com:1" }, refused: ["listen"] },
  { flags: { "--listen": "0.0.0.0:1", "--insecure": "true" }, refused: [] },
  { flags: { "--listen": "0.0.0.0:1", "--ldlm-password": "x" }, refused: ["listen"] },
  { flags: { "--locktopus-listen": "0.0.0.0:1" }, refused: [] },
  { flags: { ...open, "--locktopus-listen": "0.0.0.0:1" }, refused: ["locktopus.listen"] },
  { flags: { ...open, "--ldlm-rest-listen": "0.0.0.0:1" }, refused: ["ldlm.restListen"] },
  { flags: { ...open, "--ldlm-rest-listen": "0.0.0.0:1", "--ldlm-password": "x" }, refused: [] },
  {
    flags: { ...open, "--listen": "0.0.0.0:1", "--locktopus-listen": "0.0.0.0:2" },
    refused: ["listen", "locktopus.listen"],
  },
];

for (const { flags, refused } of cases) {
  test(`${JSON.stringify(flags)} refuses ${refused.join(" and ") || "nothing"}`, () => {
    const keys = refusals(load(flags).config).map((sentence) => sentence.split(":")[0]);
    assert.deepEqual(keys, refused);
  });
}

test("a refusal names the address and says what to do", () => {
  assert.deepEqual(refusals(load({ "--listen": "0.0.0.0:7117" }).config), [
    "listen: 0.0.0.0:7117 can be reached from other machines, and nothing there asks who they are; listen on 127.0.0.1 or [::1], or, where the network keeps strangers out, give --insecure",
  ]);
});

test("the classic ports are listened on only when asked for", () => {
  assert.deepEqual(
    listenersOf(load({}).config).map(({ name }) => name),
    ["main"],
  );
  assert.deepEqual(
    listenersOf(load(open).config).map(({ name }) => name),
    ["main", "locktopus", "ldlm", "ldlmRest"],
  );
});

test("the safe defaults warn of nothing", () => {
  assert.deepEqual(warnings(load({})), []);
});

test("every danger is warned of", () => {
  const flags = { "--listen": "0.0.0.0:1", "--insecure": "true" };
  assert.deepEqual(warnings(load({ ...flags, "--durability": "relaxed" })), [
    "insecure: whoever reaches 0.0.0.0:1 can take and release every lock",
    "durability relaxed: a power failure may lose the last second of acknowledged changes",
  ]);
  assert.deepEqual(warnings(load({ "--data": "memory", "--durability": "relaxed" })), [
    "data in memory: when the process ends, every lock is gone",
  ]);
});

test("an address for a port that stays closed is warned of", () => {
  assert.deepEqual(warnings(load({ "--ldlm-rest-listen": "127.0.0.1:1" })), [
    "ldlm.restListen (--ldlm-rest-listen) has no effect without classicPorts: that port stays closed",
  ]);
});
