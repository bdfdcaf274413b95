import assert from "node:assert/strict";
import test from "node:test";
import { type Given, load } from "../../../testing/load-config.ts";
import { ConfigError } from "./load.ts";

interface Refused extends Given {
  readonly problems: readonly string[];
}

const secrets =
  "some text of printable ASCII characters, since gRPC carries no others, without a space at either end, and in quotes when it looks like a number";
const durations = "a duration with its unit, such as 500ms, 10s or 1h30m";

const refused: readonly Refused[] = [
  {
    file: "restartGrace: 60",
    problems: [
      `holdfast.yaml:1: restartGrace cannot be 60; it must be ${durations}, from 0s to 596h`,
    ],
  },
  {
    environment: { HOLDFAST_PING_INTERVAL: "0s" },
    problems: [
      `HOLDFAST_PING_INTERVAL: pingInterval cannot be "0s"; it must be ${durations}, from 1ms to 596h`,
    ],
  },
  {
    flags: { "--durability": "never" },
    problems: ['--durability: durability cannot be "never"; it must be one of always, relaxed'],
  },
  {
    flags: { "--limits-claims-max": "0x10", "--limits-json-depth-max": "0" },
    problems: [
      '--limits-claims-max: limits.claimsMax cannot be "0x10"; it must be a whole number from 1 to 100000',
      "--limits-json-depth-max: limits.jsonDepthMax cannot be 0; it must be a whole number from 1 to 1000",
    ],
  },
  {
    environment: { HOLDFAST_LIMITS_MESSAGE_BYTES_MAX: "1TiB" },
    problems: [
      'HOLDFAST_LIMITS_MESSAGE_BYTES_MAX: limits.messageBytesMax cannot be "1TiB"; it must be a number of bytes, such as 64KiB, 1MiB or 4096, from 1KiB to 256MiB',
    ],
  },
  {
    environment: { HOLDFAST_CLASSIC_PORTS: "1" },
    problems: ['HOLDFAST_CLASSIC_PORTS: classicPorts cannot be "1"; it must be true or false'],
  },
  {
    flags: { "--node": "a/b", "--data": "", "--ldlm-namespace": "" },
    problems: [
      '--node: node cannot be "a/b"; it must be 1 to 64 of the characters a-z, A-Z, 0-9, dot, hyphen and underscore',
      '--data: data cannot be ""; it must be the path of a folder, or memory',
      '--ldlm-namespace: ldlm.namespace cannot be ""; it must be some text',
    ],
  },
  {
    flags: { "--allowed-hosts": "https://a.example,b_c.example,d.example:80,*" },
    problems: [
      '--allowed-hosts: allowedHosts cannot be ["https://a.example","b_c.example","d.example:80","*"]; it must be a list of host names, such as holdfast.example.com or holdfast.example.com:8443, or * for all',
    ],
  },
  {
    flags: { "--allowed-origins": "a.example" },
    problems: [
      '--allowed-origins: allowedOrigins cannot be ["a.example"]; it must be a list of origins, such as https://app.example.com, without path and in lower case, or * for all',
    ],
  },
  {
    file: "allowedOrigins: [https://a.example/, https://B.example, https://c.example:443]",
    problems: [
      'holdfast.yaml:1: allowedOrigins cannot be ["https://a.example/","https://B.example","https://c.example:443"]; it must be a list of origins, such as https://app.example.com, without path and in lower case, or * for all',
    ],
  },
  ...["p\u00e4ss", "two\nlines", "tab\t", " x", "x "].map((password) => ({
    environment: { HOLDFAST_LDLM_PASSWORD: password },
    problems: [
      `HOLDFAST_LDLM_PASSWORD: ldlm.password cannot be what was given; it must be ${secrets}`,
    ],
  })),
  {
    file: "listen: [::1]:7504",
    problems: [
      "holdfast.yaml:1:14: Unexpected scalar at node end; a value that begins with [ and is no list needs quotes",
    ],
  },
  {
    file: "ldlm:\n  password: @x",
    problems: [
      "holdfast.yaml:2:13: Plain value cannot start with reserved character @; a value that begins with @ needs quotes",
    ],
  },
  {
    file: "ldlm:\n  password: 0123",
    problems: [`holdfast.yaml:2: ldlm.password cannot be what was given; it must be ${secrets}`],
  },
  {
    environment: { HOLDFAST_LISTN: "127.0.0.1:1", HOLDFAST_COLOUR: "red" },
    problems: [
      "unknown variable HOLDFAST_LISTN; did you mean HOLDFAST_LISTEN?",
      "unknown variable HOLDFAST_COLOUR",
    ],
  },
  {
    environment: { HOLDFAST_LDLM_PASWORD: "s3cret" },
    problems: ["unknown variable HOLDFAST_LDLM_PASWORD; did you mean HOLDFAST_LDLM_PASSWORD?"],
  },
  {
    flags: { "--ldlm-rest-sesion-timeout": "", "--confg": "", "--colour": "" },
    problems: [
      "unknown flag --ldlm-rest-sesion-timeout; did you mean --ldlm-rest-session-timeout?",
      "unknown flag --confg; did you mean --config?",
      "unknown flag --colour",
    ],
  },
  {
    file: "lisen: x\nldlm:\n  restListn: x\nrestListen: x\nldlm.password: x\n__proto__: x\n7: x\n",
    problems: [
      "holdfast.yaml:1: unknown key lisen; did you mean listen?",
      "holdfast.yaml:3: unknown key ldlm.restListn; did you mean restListen in the section ldlm?",
      "holdfast.yaml:4: unknown key restListen; did you mean restListen in the section ldlm?",
      "holdfast.yaml:5: unknown key ldlm.password; did you mean password in the section ldlm?",
      "holdfast.yaml:6: unknown key __proto__",
      "holdfast.yaml:7: unknown key 7",
    ],
  },
  {
    file: "ldlm: on",
    problems: ["holdfast.yaml:1: the section ldlm must be a map of keys and values"],
  },
  { file: "- a", problems: ["holdfast.yaml:1: the file must be a map of keys and values"] },
  {
    file: "node: a\nlisten: [",
    problems: [
      "holdfast.yaml:2:10: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  },
  { file: "node: a\nnode: b", problems: ["holdfast.yaml:2:1: Map keys must be unique"] },
  {
    file: "node: !secret a",
    problems: [
      "holdfast.yaml:1:7: Unresolved tag: !secret; a value that begins with ! needs quotes",
    ],
  },
  {
    flags: { "--config": "missing.yaml" },
    problems: ["cannot read the file missing.yaml: ENOENT: missing.yaml"],
  },
  {
    file: "node: ''",
    environment: { HOLDFAST_NODE: "a b" },
    flags: { "--node": "fine", "--nod": "" },
    problems: [
      'holdfast.yaml:1: node cannot be ""; it must be 1 to 64 of the characters a-z, A-Z, 0-9, dot, hyphen and underscore',
      'HOLDFAST_NODE: node cannot be "a b"; it must be 1 to 64 of the characters a-z, A-Z, 0-9, dot, hyphen and underscore',
      "unknown flag --nod; did you mean --node?",
    ],
  },
];

for (const { problems, ...given } of refused) {
  test(`${JSON.stringify(given)} is refused`, () => {
    assert.throws(
      () => load(given),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.problems, problems);
        return true;
      },
    );
  });
}

test("HOLDFAST_PORT is refused when a person set it, not Kubernetes", () => {
  assert.throws(() => load({ environment: { HOLDFAST_PORT: "7117" } }), {
    problems: ["unknown variable HOLDFAST_PORT"],
  });
});
