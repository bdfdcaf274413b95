import assert from "node:assert/strict";
import test from "node:test";
import { apiConfigs, type LoadedConfig, loadConfig } from "../server/config.ts";
import { configAsJson, configAsYaml } from "./config-print.ts";

const file = `data: /var/lib/holdfast
limits:
  messageBytesMax: 65536
`;

function load(text: string): LoadedConfig {
  return loadConfig({
    flags: {
      "--config": "holdfast.yaml",
      "--allowed-origins": "https://a.example,https://b.example",
    },
    environment: { HOLDFAST_LDLM_PASSWORD: "s3cret", HOLDFAST_LISTEN: "[::1]:7117" },
    readFile: () => text,
  });
}

test("every setting is printed with its origin", () => {
  const [general] = configAsYaml(load(file)).split(/^locktopus:$/m);
  assert.equal(
    general,
    `listen: "[::1]:7117"                                      # HOLDFAST_LISTEN
data: /var/lib/holdfast                                   # holdfast.yaml:1
dataMustExist: false                                      # default
# rootPasswordFile: unset                                 # default
# adminSocket: unset                                      # default
durability: always                                        # default
snapshotEvery: 256MiB                                     # default
classicPorts: false                                       # default
insecure: false                                           # default
logLevel: info                                            # default
node: n1                                                  # default
restartGrace: 1m                                          # default
allowedOrigins: [ https://a.example, https://b.example ]  # --allowed-origins
allowedHosts: []                                          # default
proxyProtocol: []                                         # default
trustedProxies: [ 127.0.0.0/8, ::1 ]                      # default
pageInterval: 1s                                          # default
pingInterval: 30s                                         # default
shutdownTimeout: 4s                                       # default
operations:
  listen: off                                             # default
limits:
  messageBytesMax: 64KiB                                  # holdfast.yaml:3
  jsonDepthMax: 64                                        # default
  nameBytesMax: 1KiB                                      # default
  pathSegmentsMax: 64                                     # default
  claimsMax: 1024                                         # default
  locksPerSessionMax: 100000                              # default
  tasksPerSessionMax: 10000                               # default
  visitsPerRequestMax: 3072                               # default
  sessionsMax: 1000000                                    # default
  idleNamesMax: 100000                                    # default
  # stateBytesMax: unset                                  # default
  # stateBytesPerAddressMax: unset                        # default
  stateBytesPerSessionMax: 128MiB                         # default
  sessionsPerAddressMax: 100000                           # default
  locksPerAddressMax: 1000000                             # default
  waitersPerAddressMax: 100000                            # default
  pendingPerConnectionMax: 1024                           # default
  waitersPerConnectionMax: 10000                          # default
  subscriptionsPerConnectionMax: 10000                    # default
  subscriptionsPerAddressMax: 100000                      # default
  unsentBytesMax: 1MiB                                    # default
  # peerBytesMax: unset                                   # default
  # peerBytesPerAddressMax: unset                         # default
  # peerBytesPerConnectionMax: unset                      # default
  connectionsMax: 20000                                   # default
  connectionsPerAddressMax: 10000                         # default
http:
  headerTimeout: 10s                                      # default
  requestTimeout: 30s                                     # default
  keepAliveTimeout: 1m                                    # default
tls:
  # cert: unset                                           # default
  # key: unset                                            # default
  # clientCa: unset                                       # default
  clientCertVerify: false                                 # default
  minVersion: TLSv1.2                                     # default
`,
  );
});

test("the settings of each API follow in its section, and no secret", () => {
  const text = configAsYaml(load(file));
  for (const { name, settings } of Object.values(apiConfigs)) {
    const [, section = ""] = text.split(new RegExp(`^${name}:$`, "m"));
    for (const key of Object.keys(settings.properties)) {
      assert.match(section, new RegExp(`^ {2}(# )?${key}: .* # (default|HOLDFAST_)`, "m"));
    }
  }
  assert.match(text, /^ {2}# password: set, not shown +# HOLDFAST_LDLM_PASSWORD$/m);
  assert.ok(!text.includes("s3cret"));
});

test("what is printed is a file that gives the same values", () => {
  const odd = { "--node": "7", "--data": "/tmp/a: #b\n\tc", "--limits-unsent-bytes-max": "4097" };
  const printed = loadConfig({ flags: odd, environment: {}, readFile: () => "" });
  const again = loadConfig({
    flags: { "--config": "holdfast.yaml" },
    environment: {},
    readFile: () => configAsYaml(printed),
  });
  assert.deepEqual(again.config, printed.config);
});

test("JSON gives the value and the origin by key, and no secret", () => {
  const shown = JSON.parse(configAsJson(load(file)));
  assert.deepEqual(shown.listen, {
    value: "[::1]:7117",
    origin: { type: "variable", name: "HOLDFAST_LISTEN" },
  });
  assert.deepEqual(shown["limits.messageBytesMax"], {
    value: "64KiB",
    origin: { type: "file", path: "holdfast.yaml", line: 3 },
  });
  assert.deepEqual(shown["limits.claimsMax"], { value: 1024, origin: { type: "default" } });
  assert.equal(shown["ldlm.password"].value, "********");
});

test("JSON shows an unset setting as null", () => {
  const loaded = loadConfig({ flags: {}, environment: {}, readFile: () => "" });
  const shown = JSON.parse(configAsJson(loaded));
  assert.deepEqual(shown["ldlm.password"], { value: null, origin: { type: "default" } });
});
