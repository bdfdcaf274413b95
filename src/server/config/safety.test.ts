import assert from "node:assert/strict";
import test from "node:test";
import { load as loadGiven } from "../../../testing/load-config.ts";
import { type LoadedConfig, loadConfig } from "./load.ts";
import { problemsIn, warnings } from "./safety.ts";

function load(flags: Readonly<Record<string, string>>): LoadedConfig {
  return loadConfig({ flags, environment: {}, readFile: () => "" });
}

const open = { "--classic-ports": "true" };
const tls = { "--tls-cert": "cert.pem", "--tls-key": "key.pem" };

const cases: readonly {
  readonly flags: Readonly<Record<string, string>>;
  /** The keys of the settings that keep the server from starting. */
  readonly refused: readonly string[];
}[] = [
  { flags: {}, refused: [] },
  { flags: { "--listen": "localhost:1" }, refused: [] },
  { flags: { "--listen": "[::1]:1" }, refused: [] },
  { flags: { "--listen": "0.0.0.0:1" }, refused: ["listen"] },
  { flags: { "--listen": "[::]:1" }, refused: ["listen"] },
  { flags: { "--listen": "lock.example.com:1" }, refused: ["listen"] },
  { flags: { "--listen": "0.0.0.0:1", "--insecure": "true" }, refused: [] },
  { flags: { "--listen": "0.0.0.0:1", ...tls }, refused: ["listen"] },
  { flags: { "--listen": "0.0.0.0:1", ...tls, "--tls-client-ca": "ca.pem" }, refused: [] },
  {
    flags: { "--listen": "0.0.0.0:1", ...tls, "--tls-client-cert-verify": "true" },
    refused: ["listen"],
  },
  { flags: { "--tls-key": "key.pem", "--insecure": "true" }, refused: ["tls.key"] },
  { flags: { "--tls-cert": "cert.pem" }, refused: ["tls.cert"] },
  { flags: { "--tls-client-ca": "ca.pem" }, refused: ["tls.clientCa"] },
  { flags: { "--tls-client-cert-verify": "true" }, refused: ["tls.clientCertVerify"] },
  {
    flags: { "--tls-key": "key.pem", "--tls-client-ca": "ca.pem" },
    refused: ["tls.key", "tls.clientCa"],
  },
  { flags: { "--locktopus-abandon-timeout": "24h" }, refused: [] },
  { flags: { "--locktopus-abandon-timeout": "25h" }, refused: ["locktopus.abandonTimeout"] },
  {
    flags: { "--locktopus-abandon-timeout": "25h", "--locktopus-abandon-timeout-max": "25h" },
    refused: [],
  },
  { flags: { "--tls-client-cert-verify": "false" }, refused: [] },
  { flags: { ...tls, "--tls-client-ca": "ca.pem" }, refused: [] },
  { flags: { "--listen": "0.0.0.0:1", "--ldlm-password": "x" }, refused: ["listen"] },
  { flags: { "--locktopus-listen": "0.0.0.0:1" }, refused: [] },
  { flags: { ...open, "--locktopus-listen": "0.0.0.0:1" }, refused: ["locktopus.listen"] },
  { flags: { ...open, "--ldlm-rest-listen": "0.0.0.0:1" }, refused: ["ldlm.restListen"] },
  { flags: { ...open, "--ldlm-rest-listen": "0.0.0.0:1", "--ldlm-password": "x" }, refused: [] },
  {
    flags: { ...open, "--listen": "0.0.0.0:1", "--locktopus-listen": "0.0.0.0:2" },
    refused: ["listen", "locktopus.listen"],
  },
  { flags: { ...open, "--softvisio-listen": "0.0.0.0:1" }, refused: ["softvisio.listen"] },
  {
    flags: { ...open, "--softvisio-listen": "0.0.0.0:1", "--softvisio-require-token": "true" },
    refused: [],
  },
  { flags: { ...open, "--locktopus-listen": "off" }, refused: [] },
  { flags: { "--operations-listen": "0.0.0.0:1" }, refused: [] },
  { flags: { "--proxy-protocol": "main" }, refused: [] },
  { flags: { "--trusted-proxies": "" }, refused: [] },
  { flags: { "--proxy-protocol": "main", "--trusted-proxies": "" }, refused: ["trustedProxies"] },
  { flags: { "--listen": "0.0.0.0:1", "--proxy-protocol": "main" }, refused: ["listen"] },
];

for (const { flags, refused } of cases) {
  test(`${JSON.stringify(flags)} refuses ${refused.join(" and ") || "nothing"}`, () => {
    const keys = problemsIn(load(flags).config).map((sentence) => sentence.split(":")[0]);
    assert.deepEqual(keys, refused);
  });
}

test("a problem names the address and says what to do", () => {
  assert.deepEqual(problemsIn(load({ "--listen": "0.0.0.0:7117" }).config), [
    "listen: 0.0.0.0:7117 can be reached from other machines, and clients there need no credentials; listen on 127.0.0.1 or [::1], require client certificates (tls.clientCa), or, where the network keeps strangers out, give --insecure",
  ]);
});

test("verifying clients without a certificate of the server is a problem", () => {
  assert.deepEqual(problemsIn(load({ "--tls-client-ca": "ca.pem" }).config), [
    "tls.clientCa: server TLS is required to verify client certificates; set tls.cert and tls.key",
  ]);
});

test("the safe defaults and a closed classic port warn of nothing", () => {
  assert.deepEqual(warnings(load({})), []);
  assert.deepEqual(warnings(load({ "--softvisio-listen": "off" })), []);
});

test("each danger has a warning", () => {
  const flags = { "--listen": "0.0.0.0:1", "--insecure": "true" };
  assert.deepEqual(warnings(load({ ...flags, "--durability": "relaxed" })), [
    "insecure: anybody who reaches 0.0.0.0:1 can take and release every lock",
    "durability relaxed: a power failure may lose the last second of acknowledged changes",
  ]);
  assert.deepEqual(warnings(load({ "--data": "memory", "--durability": "relaxed" })), [
    "data in memory: when the process ends, every lock is gone",
  ]);
});

test("a port for operators that other machines can reach has a warning, though nobody can take a lock there", () => {
  const flags = { "--operations-listen": "0.0.0.0:1" };
  assert.deepEqual(warnings(load(flags)), [
    "operations.listen: anybody who reaches 0.0.0.0:1 can read the metrics and the status of this server",
  ]);
  assert.deepEqual(warnings(load({ ...flags, ...tls, "--tls-client-ca": "ca.pem" })), []);
  assert.deepEqual(warnings(load({ "--operations-listen": "127.0.0.1:1" })), []);
});

test("trusting the clients of every public authority has a warning", () => {
  const verifying = { ...tls, "--tls-client-cert-verify": "true" };
  assert.deepEqual(warnings(load(verifying)), [
    "tls.clientCertVerify without tls.clientCa: a certificate of any public authority is enough to connect",
  ]);
  assert.deepEqual(warnings(load({ ...verifying, "--tls-client-ca": "ca.pem" })), []);
});

test("the PROXY protocol on a port that stays closed has a warning", () => {
  const flags = { "--proxy-protocol": "main,ldlm,softvisio", "--softvisio-listen": "off" };
  const closed = (name: string) =>
    `proxyProtocol: ${name} has no effect, because that port stays closed`;
  assert.deepEqual(warnings(load(flags)), [closed("ldlm"), closed("softvisio")]);
  assert.deepEqual(warnings(load({ ...flags, ...open })), [closed("softvisio")]);
});

test("proxies anywhere have a warning", () => {
  const flags = { "--trusted-proxies": "10.0.0.0/8,0.0.0.0/0,::/0" };
  assert.deepEqual(warnings(load(flags)), []);
  assert.deepEqual(warnings(load({ ...flags, "--proxy-protocol": "main" })), [
    "trustedProxies: with 0.0.0.0/0 and ::/0 any client can pretend to have any address",
  ]);
});

test("an address for a port that stays closed has a warning", () => {
  assert.deepEqual(warnings(load({ "--ldlm-rest-listen": "127.0.0.1:1" })), [
    "ldlm.restListen (--ldlm-rest-listen) has no effect without classicPorts: that port stays closed",
  ]);
});

test("a line break at the end of a value is left out, with a word", () => {
  const loaded = loadGiven({
    file: "node: |\n  n1\n",
    environment: { HOLDFAST_LDLM_PASSWORD: "secret\r\n", HOLDFAST_CLASSIC_PORTS: "true\n" },
  });
  assert.equal(loaded.config.ldlm.password, "secret");
  assert.equal(loaded.config.node, "n1");
  assert.deepEqual(warnings(loaded), [
    "classicPorts (HOLDFAST_CLASSIC_PORTS) ends in a line break, which is left out",
    "node (holdfast.yaml:1) ends in a line break, which is left out",
    "ldlm.password (HOLDFAST_LDLM_PASSWORD) ends in a line break, which is left out",
  ]);
});
