import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../testing/load-config.ts";
import { listenerNames } from "./apis/mod.ts";
import { listenAddresses } from "./listen-addresses.ts";

const open = {
  "--classic-ports": "true",
  "--operations-listen": "127.0.0.1:0",
  "--nexus-http-listen": "127.0.0.1:0",
  "--tls-cert": "cert.pem",
  "--tls-key": "key.pem",
};

function namesOf(flags: Readonly<Record<string, string>>): readonly string[] {
  return listenAddresses(load({ flags }).config).map(({ name }) => name);
}

test("the classic ports are opened only on demand", () => {
  assert.deepEqual(namesOf({}), ["main"]);
  assert.deepEqual(namesOf(open), listenerNames);
});

test("the port for operators is opened only on demand, whatever the classic ports do", () => {
  assert.deepEqual(namesOf({ "--operations-listen": "127.0.0.1:0" }), ["main", "operations"]);
  assert.ok(!namesOf({ "--classic-ports": "true" }).includes("operations"));
});

test("the classic port for TLS is opened only with TLS", () => {
  const { "--tls-cert": _, "--tls-key": __, ...clear } = open;
  const without = new Set(listenerNames).difference(new Set(namesOf(clear)));
  assert.deepEqual(without, new Set(["nexusTls"]));
});

test("a classic port that is off stays closed", () => {
  const flags = { ...open, "--locktopus-listen": "off", "--softvisio-listen": "off" };
  const closed = new Set(["locktopus", "softvisio"]);
  assert.deepEqual(new Set(listenerNames).difference(closed), new Set(namesOf(flags)));
});
