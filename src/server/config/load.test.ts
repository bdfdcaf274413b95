import assert from "node:assert/strict";
import test from "node:test";
import { type Given, load } from "../../../testing/load-config.ts";
import { formatSource } from "./source.ts";

interface Accepted extends Given {
  readonly name: string;
  readonly key: string;
  readonly value: unknown;
  readonly origin: string;
}

const listenFile = "# ours\nlisten: 127.0.0.1:1\n";
const listenVariable = { HOLDFAST_LISTEN: "127.0.0.1:2" };

const accepted: readonly Accepted[] = [
  { name: "nothing gives the default", key: "listen", value: "127.0.0.1:7117", origin: "default" },
  {
    name: "the file wins over the default",
    file: listenFile,
    key: "listen",
    value: "127.0.0.1:1",
    origin: "holdfast.yaml:2",
  },
  {
    name: "the environment wins over the file",
    file: listenFile,
    environment: listenVariable,
    key: "listen",
    value: "127.0.0.1:2",
    origin: "HOLDFAST_LISTEN",
  },
  {
    name: "a flag wins over all",
    file: listenFile,
    environment: listenVariable,
    flags: { "--listen": "127.0.0.1:3" },
    key: "listen",
    value: "127.0.0.1:3",
    origin: "--listen",
  },
  {
    name: "an empty variable counts as unset",
    file: listenFile,
    environment: { HOLDFAST_LISTEN: "" },
    key: "listen",
    value: "127.0.0.1:1",
    origin: "holdfast.yaml:2",
  },
  {
    name: "a variable can name the file",
    file: listenFile,
    environment: { HOLDFAST_CONFIG: "holdfast.yaml" },
    key: "listen",
    value: "127.0.0.1:1",
    origin: "holdfast.yaml:2",
  },
  {
    name: "the flag for the file wins over its variable",
    file: listenFile,
    environment: { HOLDFAST_CONFIG: "missing.yaml" },
    key: "listen",
    value: "127.0.0.1:1",
    origin: "holdfast.yaml:2",
  },
  {
    name: "an empty variable names no file",
    environment: { HOLDFAST_CONFIG: "" },
    key: "listen",
    value: "127.0.0.1:7117",
    origin: "default",
  },
  { name: "an empty file says nothing", file: "", key: "node", value: "n1", origin: "default" },
  {
    name: "a key without value is unset",
    file: "node:",
    key: "node",
    value: "n1",
    origin: "default",
  },
  {
    name: "an empty section says nothing",
    file: "ldlm:\n",
    key: "ldlm.namespace",
    value: "default",
    origin: "default",
  },
  {
    name: "a section is nested in the file",
    file: "ldlm:\n  # long\n  restSessionTimeout: 90m\n",
    key: "ldlm.restSessionTimeout",
    value: "1h30m",
    origin: "holdfast.yaml:3",
  },
  {
    name: "the file may be JSON",
    file: '{"ldlm": {"namespace": "legacy"}}',
    key: "ldlm.namespace",
    value: "legacy",
    origin: "holdfast.yaml:1",
  },
  {
    name: "the file may use anchors",
    file: "listen: &main 127.0.0.1:5\nlocktopus:\n  listen: *main\n",
    key: "locktopus.listen",
    value: "127.0.0.1:5",
    origin: "holdfast.yaml:3",
  },
  {
    name: "bytes in the file may be a plain number",
    file: "limits:\n  messageBytesMax: 65536",
    key: "limits.messageBytesMax",
    value: "64KiB",
    origin: "holdfast.yaml:2",
  },
  {
    name: "a section is part of the name of a variable",
    environment: { HOLDFAST_LDLM_REST_SESSION_TIMEOUT: "5m" },
    key: "ldlm.restSessionTimeout",
    value: "5m",
    origin: "HOLDFAST_LDLM_REST_SESSION_TIMEOUT",
  },
  {
    name: "a variable can hold a number",
    environment: { HOLDFAST_LIMITS_CLAIMS_MAX: "7" },
    key: "limits.claimsMax",
    value: 7,
    origin: "HOLDFAST_LIMITS_CLAIMS_MAX",
  },
  {
    name: "a flag can switch off what the file switches on",
    file: "insecure: true",
    flags: { "--insecure": "false" },
    key: "insecure",
    value: false,
    origin: "--insecure",
  },
  {
    name: "a list is separated by commas outside the file",
    environment: {
      HOLDFAST_ALLOWED_ORIGINS: "https://a.example, http://b:8080,capacitor://localhost",
    },
    key: "allowedOrigins",
    value: ["https://a.example", "http://b:8080", "capacitor://localhost"],
    origin: "HOLDFAST_ALLOWED_ORIGINS",
  },
  {
    name: "an empty flag can empty a list",
    file: "allowedOrigins: [https://a.example]",
    flags: { "--allowed-origins": "" },
    key: "allowedOrigins",
    value: [],
    origin: "--allowed-origins",
  },
  { name: "a password is unset", key: "ldlm.password", value: undefined, origin: "default" },
];

for (const { name, key, value, origin, ...given } of accepted) {
  test(name, () => {
    const loaded = load(given).settings.find(({ setting }) => setting.key === key);
    assert.ok(loaded !== undefined);
    assert.deepEqual(loaded.value, value);
    assert.equal(formatSource(loaded.source), origin);
  });
}

test("what Kubernetes tells of services called holdfast and holdfast-metrics is no setting", () => {
  const { settings } = load({
    environment: {
      HOLDFAST_SERVICE_HOST: "10.0.0.1",
      HOLDFAST_SERVICE_PORT: "7117",
      HOLDFAST_SERVICE_PORT_HTTP: "7117",
      HOLDFAST_PORT: "tcp://10.0.0.1:7117",
      HOLDFAST_PORT_7117_TCP: "tcp://10.0.0.1:7117",
      HOLDFAST_PORT_7117_TCP_PROTO: "tcp",
      HOLDFAST_PORT_7117_TCP_PORT: "7117",
      HOLDFAST_PORT_7117_TCP_ADDR: "10.0.0.1",
      HOLDFAST_METRICS_SERVICE_HOST: "10.0.0.2",
      HOLDFAST_METRICS_PORT: "tcp://10.0.0.2:9090",
      HOLDFAST_METRICS_PORT_9090_TCP_ADDR: "10.0.0.2",
    },
  });
  assert.ok(settings.every(({ source }) => source.type === "default"));
});

test("the defaults are parsed: addresses to host and port, durations to ms, amounts to bytes", () => {
  assert.partialDeepStrictEqual(load({}).config, {
    listen: { host: "127.0.0.1", port: 7117 },
    data: { type: "folder", path: "./holdfast-data" },
    durability: "always",
    snapshotEvery: 268_435_456,
    classicPorts: false,
    insecure: false,
    logLevel: "info",
    node: "n1",
    restartGrace: 60_000,
    allowedOrigins: [],
    proxyProtocol: [],
    trustedProxies: ["127.0.0.0/8", "::1"],
    pageInterval: 1_000,
    pingInterval: 30_000,
    shutdownTimeout: 4_000,
    limits: {
      messageBytesMax: 1_048_576,
      jsonDepthMax: 64,
      nameBytesMax: 1_024,
      pathSegmentsMax: 64,
      claimsMax: 1_024,
      locksPerSessionMax: 100_000,
      tasksPerSessionMax: 10_000,
      visitsPerRequestMax: 3_072,
      sessionsMax: 1_000_000,
      idleNamesMax: 100_000,
      sessionsPerAddressMax: 100_000,
      locksPerAddressMax: 1_000_000,
      waitersPerAddressMax: 100_000,
      pendingPerConnectionMax: 1_024,
      waitersPerConnectionMax: 10_000,
      subscriptionsPerConnectionMax: 10_000,
      subscriptionsPerAddressMax: 100_000,
      unsentBytesMax: 1_048_576,
      connectionsMax: 20_000,
      connectionsPerAddressMax: 10_000,
    },
    http: { headerTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000 },
    tls: { clientCertVerify: false, minVersion: "TLSv1.2" },
    locktopus: {
      listen: { host: "127.0.0.1", port: 9009 },
      abandonTimeout: 60_000,
      abandonTimeoutMax: 86_400_000,
    },
    ldlm: {
      listen: { host: "127.0.0.1", port: 3144 },
      restListen: { host: "127.0.0.1", port: 8080 },
      keepaliveInterval: 60_000,
      keepaliveTimeout: 10_000,
      restartGrace: 600_000,
      noClearOnDisconnect: [],
      restWaitOn: [],
      restWaitMax: 60_000,
      namespace: "default",
      restSessionTimeout: 600_000,
      lockGcInterval: 1_800_000,
      lockGcMinIdle: 300_000,
    },
    softvisio: {
      listen: { host: "127.0.0.1", port: 81 },
      namespace: "default",
      requireToken: false,
      restartGrace: 10_000,
    },
  });
});

test("memory is no folder, unless its path says so", () => {
  assert.deepEqual(load({ flags: { "--data": "memory" } }).config.data, { type: "memory" });
  assert.deepEqual(load({ flags: { "--data": "./memory" } }).config.data, {
    type: "folder",
    path: "./memory",
  });
});
