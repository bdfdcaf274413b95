import assert from "node:assert/strict";
import { resolve } from "node:path";
import test from "node:test";
import { type Config, loadConfig } from "../server/config.ts";
import type { BoundAddress } from "../server/server.ts";
import { welcome } from "./welcome.ts";

function config(flags: Readonly<Record<string, string>>): Config {
  return loadConfig({ flags, environment: {}, readFile: () => "" }).config;
}

const main: BoundAddress = {
  name: "main",
  host: "127.0.0.1",
  port: 7117,
  speaks: "Locktopus, LDLM gRPC and REST, softvisio, Nexus, status page",
  isStreamOnly: false,
};

test("a person is told what is open, where the data is and what to try", () => {
  const text = welcome({ version: "1.2.3", config: config({}), addresses: [main], warnings: [] });
  assert.equal(
    text,
    `Holdfast 1.2.3

  http://127.0.0.1:7117  Locktopus, LDLM gRPC and REST, softvisio, Nexus, status page
  data                   ${resolve("holdfast-data")}, durability always

Try it from another terminal:

  curl http://127.0.0.1:7117/
  curl -s -b '' -X POST http://127.0.0.1:7117/session --next -s -b '' -d '{"name":"invoices"}' http://127.0.0.1:7117/v1/lock
  printf '%s' '{"id":1,"method":"sys.version"}' | nc -q1 127.0.0.1 7117
  curl -s -u root -d '{"id":1,"method":"user.list"}' http://127.0.0.1:7117/nexus
  npx -y wscat -c 'ws://127.0.0.1:7117/v1?namespace=default' -x '{"action":"lock","resources":[{"type":"write","path":["invoices"]}]}' -w 5
`,
  );
});

test("every open port is listed, and warnings stand out", () => {
  const text = welcome({
    version: "1.2.3",
    config: config({ "--data": "memory" }),
    addresses: [
      { ...main, host: "::" },
      { ...main, name: "locktopus", host: "0.0.0.0", port: 9009, speaks: "Locktopus" },
      { ...main, name: "ldlmRest", host: "lock.example.com", port: 80, speaks: "LDLM REST" },
    ],
    warnings: ["a", "b"],
  });
  assert.ok(
    text.includes(`
  http://[::1]:7117           Locktopus, LDLM gRPC and REST, softvisio, Nexus, status page
  http://127.0.0.1:9009       Locktopus
  http://lock.example.com:80  LDLM REST
  data                        memory only

  WARNING  a
  WARNING  b

Try`),
    text,
  );
});

test("a port with nothing but byte streams is not shown as one of HTTP", () => {
  const stream = { ...main, port: 7777, speaks: "lines", isStreamOnly: true };
  const shown = (flags: Readonly<Record<string, string>>) =>
    welcome({ version: "1.2.3", config: config(flags), addresses: [main, stream], warnings: [] });
  assert.match(shown({}), /^ {2}tcp:\/\/127\.0\.0\.1:7777 {3}lines$/m);
  const tls = { "--tls-cert": "cert.pem", "--tls-key": "key.pem" };
  assert.match(shown(tls), /^ {2}tls:\/\/127\.0\.0\.1:7777 {4}lines$/m);
});

test("the line to try asks for a password that is set, and does not show it", () => {
  const text = welcome({
    version: "1.2.3",
    config: config({ "--ldlm-password": "s3cret" }),
    addresses: [main],
    warnings: [],
  });
  assert.ok(text.includes("curl -s -u ldlm -b '' -X POST"), text);
  assert.ok(!text.includes("s3cret"));
});

test("with TLS the lines to try name the certificate, and whose clients must show one", () => {
  const tls = { "--tls-cert": "/etc/holdfast/it's.pem", "--tls-key": "key.pem" };
  const text = welcome({
    version: "1.2.3",
    config: config({ ...tls, "--tls-client-ca": "ca.pem" }),
    addresses: [main],
    warnings: [],
  });
  const trust = "'/etc/holdfast/it'\\''s.pem' --cert CLIENT.pem --key CLIENT-KEY.pem";
  const own = text.split("\n").filter((line) => line.includes("7117"));
  assert.equal(
    own[0],
    "  https://127.0.0.1:7117  Locktopus, LDLM gRPC and REST, softvisio, Nexus, status page",
  );
  assert.equal(own[1], `  curl --cacert ${trust} https://127.0.0.1:7117/`);
  assert.ok(
    own[2]?.startsWith(`  curl -s --cacert ${trust} -b '' -X POST https://127.0.0.1:7117/`),
  );
  assert.equal(
    own[3],
    `  curl -s --cacert ${trust} -u root -d '{"id":1,"method":"user.list"}' https://127.0.0.1:7117/nexus`,
  );
  assert.ok(own[4]?.startsWith(`  npx -y wscat --ca ${trust} -c 'wss://127.0.0.1:7117/v1?`));
  const simple = welcome({
    version: "1.2.3",
    config: config({ ...tls, "--tls-cert": "cert.pem" }),
    addresses: [main],
    warnings: [],
  });
  assert.ok(simple.includes("\n  curl --cacert cert.pem https://127.0.0.1:7117/\n"), simple);
});

test("the password of root is told, and how to make another", () => {
  const options = { version: "1.2.3", config: config({}), addresses: [main], warnings: [] };
  const text = welcome({ ...options, rootPassword: "s3cret" });
  assert.ok(
    text.includes(`
  The user root was made, with the password s3cret
  It is shown this once; \`holdfast users password root\` makes another.

Try`),
    text,
  );
});
