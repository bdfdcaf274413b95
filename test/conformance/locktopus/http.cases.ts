/** A request without a body and its answer; `see` is a section of docs/protocols/locktopus.md. */
export interface HttpCase {
  readonly see: string;
  /** A sentence that can be false; the name of the test. */
  readonly rule: string;
  /** GET when absent. */
  readonly method?: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expect: ExpectedResponse;
}

export interface ExpectedResponse {
  readonly status: number;
  readonly body: string;
  /** Those that must be there, exactly so. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An upgrade that succeeds, and what is known of the connection then. */
export interface UpgradeCase {
  readonly query: string;
  readonly namespace: string;
  /** 60,000 when the query names none. */
  readonly abandonTimeoutMs: number;
}

export const handshakeHeaders: Readonly<Record<string, string>> = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

const notFound = { status: 404, body: "404 page not found\n" };
const namespaceRequired = { status: 400, body: "URL parameter 'namespace' is required" };
const badTimeout = {
  status: 400,
  body: "URL parameter 'abandon-timeout-ms' should be integer value >= 0 representing broken connection timeout (in milliseconds)",
};
const badHandshake = {
  status: 400,
  body: "Bad Request\n",
  headers: { "Sec-Websocket-Version": "13" },
};
const badMethod = {
  status: 405,
  body: "Method Not Allowed\n",
  headers: { "Sec-Websocket-Version": "13" },
};

const pathCases: readonly HttpCase[] = [
  ...["/v2", "/v1/", "/V1", "/v1x", "/v1//", "//v2", "//evil.example/v1", "/api"].map((target) => ({
    see: "1",
    rule: `there is no page ${target}`,
    target: `${target}?namespace=n`,
    expect: notFound,
  })),
  ...["//v1", "/./v1", "/x/../v1", "///v1", "/../v1"].map((target) => ({
    see: "1",
    rule: `${target} is moved to /v1`,
    target: `${target}?namespace=n&abandon-timeout-ms=5`,
    expect: {
      status: 301,
      body: "Moved Permanently\n",
      headers: { Location: "/v1?namespace=n&abandon-timeout-ms=5" },
    },
  })),
  {
    see: "1",
    rule: "doubled slashes alone are moved to the status page",
    target: "//",
    expect: { status: 301, body: "Moved Permanently\n", headers: { Location: "/" } },
  },
];

const parameterCases: readonly HttpCase[] = [
  ...[
    "",
    "namespace",
    "namespace=",
    "namespace=&namespace=n",
    "NAMESPACE=n",
    "Namespace=n",
    "namespaces=n",
    "namespace=a;b",
    "x;namespace=n",
    "namespace=%zz",
    "namespace=%",
    "namespace=%ff",
    "abandon-timeout-ms=x",
  ].map((query) => ({
    see: "1",
    rule: `a namespace is required: ${query}`,
    target: `/v1?${query}`,
    expect: namespaceRequired,
  })),
  ...[
    "",
    "abc",
    "-1",
    "1.5",
    "1e3",
    "0x10",
    "+5",
    "%205",
    "5%20",
    "5_0",
    "--5",
    "%2B",
    "10000000000000000000",
    "9223372036854775808",
    "-9223372036854775808",
    "x&abandon-timeout-ms=5",
    "%D9%A5",
  ].map((timeout) => ({
    see: "1",
    rule: `an abandon timeout is a whole number of milliseconds: ${timeout}`,
    target: `/v1?namespace=n&abandon-timeout-ms=${timeout}`,
    expect: badTimeout,
  })),
];

/** Refused before the handshake is looked at: a plain GET and an upgrade hear the same. */
export const requestCases: readonly HttpCase[] = [...pathCases, ...parameterCases];

const brokenHandshakes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "the connection must be upgraded": { connection: "keep-alive" },
  "a token that only contains the word is no upgrade": { connection: "no-upgrade" },
  "only websocket is spoken": { upgrade: "h2c" },
  "a version is required": { "sec-websocket-version": "" },
  "version 8 is not spoken": { "sec-websocket-version": "8" },
  "a key is required": { "sec-websocket-key": "" },
  "the key has 16 bytes": { "sec-websocket-key": "dGhlIHNhbXBsZQ==" },
};

/** Asked as upgrades; the parameters are right, the handshake is not. */
export const handshakeCases: readonly HttpCase[] = [
  {
    see: "1",
    rule: "a request without the headers of a handshake is refused",
    target: "/v1?namespace=n",
    expect: badHandshake,
  },
  ...Object.entries(brokenHandshakes).map(([rule, headers]) => ({
    see: "1",
    rule,
    target: "/v1?namespace=n",
    headers: { ...handshakeHeaders, ...headers },
    expect: badHandshake,
  })),
  ...["POST", "HEAD", "OPTIONS"].map((method) => ({
    see: "1",
    rule: `a handshake is no ${method}`,
    method,
    target: "/v1?namespace=n",
    headers: handshakeHeaders,
    expect: badMethod,
  })),
  {
    see: "1",
    rule: "the method is looked at before version and key",
    method: "POST",
    target: "/v1?namespace=n",
    headers: { connection: "keep-alive, upgrade", upgrade: "WebSocket" },
    expect: badMethod,
  },
  {
    see: "1",
    rule: "the parameters are looked at before the method",
    method: "POST",
    target: "/v1",
    headers: handshakeHeaders,
    expect: namespaceRequired,
  },
];

/** Queries of upgrades that succeed. */
export const upgradeCases: readonly UpgradeCase[] = [
  ...["namespace=n", "x=1&namespace=n&token=t", "&&namespace=n&", "namespace=n&namespace=m"].map(
    (query) => ({ query, namespace: "n", abandonTimeoutMs: 60_000 }),
  ),
  { query: "namespace=;&namespace=m", namespace: "m", abandonTimeoutMs: 60_000 },
  { query: "namespace=%zz&namespace=m", namespace: "m", abandonTimeoutMs: 60_000 },
  { query: "namespace=a+b%20c%2Bd", namespace: "a b c+d", abandonTimeoutMs: 60_000 },
  { query: "%6eamespace=a=b", namespace: "a=b", abandonTimeoutMs: 60_000 },
  { query: "namespace=%C3%A4%3B%26", namespace: "ä;&", abandonTimeoutMs: 60_000 },
  { query: "namespace=\xc3\xa4", namespace: "ä", abandonTimeoutMs: 60_000 },
  { query: "namespace=__proto__", namespace: "__proto__", abandonTimeoutMs: 60_000 },
  ...[
    { timeout: "0", abandonTimeoutMs: 0 },
    { timeout: "-0", abandonTimeoutMs: 0 },
    { timeout: "007", abandonTimeoutMs: 7 },
    { timeout: "%2B5", abandonTimeoutMs: 5 },
    { timeout: `${"0".repeat(30)}5`, abandonTimeoutMs: 5 },
    { timeout: "5&abandon-timeout-ms=x", abandonTimeoutMs: 5 },
    { timeout: "5;", abandonTimeoutMs: 60_000 },
    { timeout: "86400000", abandonTimeoutMs: 86_400_000 },
    { timeout: "86400001", abandonTimeoutMs: 86_400_000 },
    { timeout: "2147483647001", abandonTimeoutMs: 86_400_000 },
    { timeout: "9223372036854775807", abandonTimeoutMs: 86_400_000 },
  ].map(({ timeout, abandonTimeoutMs }) => ({
    query: `namespace=n&abandon-timeout-ms=${timeout}`,
    namespace: "n",
    abandonTimeoutMs,
  })),
  { query: "namespace=n&Abandon-Timeout-Ms=5", namespace: "n", abandonTimeoutMs: 60_000 },
];

const origin = { origin: "https://page.example" };
const anyOrigin = { "Access-Control-Allow-Origin": "*" };

const statisticsCases: readonly HttpCase[] = ["/stats", "/stats_v1"].flatMap((path) => [
  {
    see: "6",
    rule: `${path} of a namespace that nobody opened is not found`,
    target: `${path}?namespace=n`,
    expect: { status: 404, body: "Namespace not found" },
  },
  {
    see: "6",
    rule: `${path} requires a namespace`,
    target: path,
    expect: namespaceRequired,
  },
  {
    see: "6",
    rule: `${path} is only read`,
    method: "POST",
    target: `${path}?namespace=n`,
    expect: { status: 405, body: "Method Not Allowed\n", headers: { Allow: "GET, HEAD" } },
  },
]);

/** Asked without an upgrade, while nobody has used any namespace. */
export const pageCases: readonly HttpCase[] = [
  ...statisticsCases,
  {
    see: "6",
    rule: "any page may read an answer, an error, too",
    target: "/nowhere",
    headers: origin,
    expect: { ...notFound, headers: anyOrigin },
  },
  {
    see: "6",
    rule: "any page may ask whether it may ask",
    method: "OPTIONS",
    target: "/",
    headers: { ...origin, "access-control-request-method": "GET" },
    expect: { status: 200, body: "", headers: anyOrigin },
  },
  {
    see: "6",
    rule: "a preflight names the method that it is about",
    method: "OPTIONS",
    target: "/",
    headers: origin,
    expect: { status: 400, body: "Bad Request\n", headers: anyOrigin },
  },
];
