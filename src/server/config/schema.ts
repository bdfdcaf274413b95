import type { StaticDecode } from "typebox";
import { limitsDefault } from "../../core/limits.ts";
import { fleetingLimitsDefault } from "../../fleeting/apply.ts";
import { type ApiName, apiConfigList, apiConfigs, listenerNames } from "./apis/mod.ts";
import { formatBytes } from "./bytes.ts";
import {
  address,
  addressRanges,
  bytes,
  choice,
  choices,
  count,
  dataPlace,
  duration,
  file,
  hosts,
  optionalAddress,
  optionalBytes,
  origins,
  section,
  socketPlace,
  word,
  yesOrNo,
} from "./kinds.ts";

/** Each API brings the settings of its section. */
const apiSections = Object.fromEntries(
  Object.entries(apiConfigs).map(([name, { settings }]) => [name, settings]),
) as ApiSections;

type ApiSections = { [Name in ApiName]: (typeof apiConfigs)[Name]["settings"] };

/** The keys of the addresses of all classic ports: `locktopus.listen` and so on. */
const classicKeys = apiConfigList.flatMap(({ name, listeners }) =>
  listeners.map(({ key }) => `\`${name}.${key}\``),
);

/**
 * All settings. The type `Config`, the defaults, the checks, the flags, the environment variables and
 * docs/operating/configuration.md are all derived from this schema.
 */
export const configSchema = section("General", {
  listen: address({
    default: "127.0.0.1:7117",
    description:
      "The address of the main port, which serves every protocol. A name stands for all its addresses.",
  }),
  data: dataPlace({
    default: "./holdfast-data",
    description:
      "The folder which keeps the log, made when it is not there; relative to the working directory. `memory` keeps nothing beyond the end of the process.",
  }),
  dataMustExist: yesOrNo(
    "Refuses to start without data in that folder, instead of making a new, empty log there: for folders that may be mistyped, or not mounted.",
  ),
  rootPasswordFile: file(
    "A file with the password of the user `root`, whom a start makes when there are no users. Unset: a random password, which that start prints.",
  ),
  adminSocket: socketPlace(
    "The unix socket for `holdfast locks`, `unlock`, `sessions`, `kick` and `token`; who may open it may take every lock away. Unset: `admin.sock` in the folder of the data, and none when that is `memory`. `off`: none.",
  ),
  durability: choice(["always", "relaxed"], {
    default: "always",
    placeholder: "always|relaxed",
    description:
      "When a change is acknowledged. `always`: when it is on disk. `relaxed`: before that; a power failure may lose the last second.",
  }),
  snapshotEvery: bytes({
    default: "256MiB",
    from: "4KiB",
    to: "1024GiB",
    description:
      "A snapshot is written after this much log; the two newest are kept, and the log from the older one on.",
  }),
  classicPorts: yesOrNo(
    `Also opens the ports where the clients of each API expect it: ${classicKeys.slice(0, -1).join(", ")} and ${classicKeys.at(-1)}, but for those that are \`off\`.`,
  ),
  insecure: yesOrNo(
    "Allows listening on other than loopback addresses though anybody who reaches them may take and release every lock.",
  ),
  logLevel: choice(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
    default: "info",
    placeholder: "LEVEL",
    description:
      "The least important lines that the log on stderr shows: `trace`, `debug`, `info`, `warn`, `error` or `fatal`; `silent` shows none.",
  }),
  node: word({ default: "n1", description: "The name of this server in ids and logs." }),
  restartGrace: duration({
    default: "1m",
    from: "0s",
    description:
      "How long, after a restart, REST sessions of LDLM and all leases live at least, if they are not shorter, while their clients come back. Locktopus sessions have their abandon timeout for that, gRPC connections `ldlm.restartGrace`, softvisio's `softvisio.restartGrace`.",
  }),
  allowedOrigins: origins(
    "Web origins whose pages may connect, beside those of this server. Separated by commas in the environment and on the command line.",
  ),
  allowedHosts: hosts(
    "Names by which clients reach this server: the Host of HTTP requests, the authority of gRPC calls. A listener on a loopback address serves only `localhost`, IP addresses and these, so that no page of a foreign site gets in by a name that resolves to 127.0.0.1. Other listeners check once the list is not empty. Separated by commas in the environment and on the command line.",
  ),
  proxyProtocol: choices(
    listenerNames,
    "Listeners behind a proxy that begins each connection with a header of the PROXY protocol, version 1 or 2. They refuse all other connections. The client's address in the header counts in logs, limits and lists.",
  ),
  trustedProxies: addressRanges({
    default: ["127.0.0.0/8", "::1"],
    description:
      "Addresses of the proxies of `proxyProtocol`. Those listeners refuse connections from other addresses.",
  }),
  pageInterval: duration({
    default: "1s",
    from: "0s",
    description:
      "How long a page that is the same for all who ask (metrics, health, status, statistics) is given to all before the server makes it anew. With `0s` each request costs a page.",
  }),
  pingInterval: duration({
    default: "30s",
    from: "1ms",
    description: "How often WebSocket peers are pinged; one that stays silent is dropped.",
  }),
  shutdownTimeout: duration({
    default: "4s",
    from: "0s",
    description: "How long a stop waits for open requests and connections before it cuts them.",
  }),
  operations: section("Operations", {
    listen: optionalAddress({
      default: "off",
      description:
        "The address of a port for operators and their tools: `/healthz`, `/readyz`, `/metrics` and the status page, without any API. It has connections of its own, so that probes and scrapes are answered whatever happens on the other ports. Since nobody can take a lock there, it may be an address beyond loopback without `insecure`.",
    }),
  }),
  limits: section("Limits", {
    messageBytesMax: bytes({
      default: "1MiB",
      from: "1KiB",
      to: "256MiB",
      description:
        "Size of one message or request body. What one HTTP/2 connection begins and does not end may have four times that in all.",
    }),
    jsonDepthMax: count({ default: 64, to: 1_000, description: "Nesting of one JSON message." }),
    nameBytesMax: bytes({
      default: formatBytes(limitsDefault.nameBytesMax),
      from: "1",
      to: "64KiB",
      description: "UTF-8 bytes of a namespace, of a lock's name or of one segment of its path.",
    }),
    pathSegmentsMax: count({
      default: limitsDefault.pathSegmentsMax,
      to: 1_000,
      description: "Segments of one path.",
    }),
    claimsMax: count({
      default: limitsDefault.claimsMax,
      to: 100_000,
      description: "Resources of one lock request.",
    }),
    locksPerSessionMax: count({
      default: limitsDefault.locksPerSessionMax,
      to: 100_000_000,
      description: "Locks that one session may hold or wait for at once.",
    }),
    tasksPerSessionMax: count({
      default: limitsDefault.tasksPerSessionMax,
      to: 1_000_000,
      description:
        "Tasks that one session has pushed and waits for, its pulls, and tasks that it works at, together.",
    }),
    visitsPerRequestMax: count({
      default: limitsDefault.visitsPerRequestMax,
      to: 1_000_000,
      description:
        "Segments of all paths of one lock request, plus one for each path; the nodes of the tree that it visits.",
    }),
    sessionsMax: count({
      default: limitsDefault.sessionsMax,
      to: 100_000_000,
      description: "Sessions that may be open at once, over all APIs.",
    }),
    idleNamesMax: count({
      default: limitsDefault.idleNamesMax,
      to: 100_000_000,
      description:
        "How many unused names (with their size) and unused namespaces (with their counter) are remembered.",
    }),
    stateBytesMax: optionalBytes({
      from: "1MiB",
      to: "1024GiB",
      description:
        "Bytes of memory that sessions, locks, waiters, names and API tokens may take together; a start needs as much. Unset: a third of the heap that Node has, which `NODE_OPTIONS=--max-old-space-size=…` sets.",
    }),
    stateBytesPerAddressMax: optionalBytes({
      from: "64KiB",
      to: "1024GiB",
      description:
        "Bytes of the same that one IP address, or one IPv6 network (/64), may use. Unset: seven eighths of `limits.stateBytesMax`.",
    }),
    stateBytesPerSessionMax: bytes({
      default: formatBytes(limitsDefault.stateBytesPerSessionMax),
      from: "64KiB",
      to: "1024GiB",
      description:
        "Bytes of the same that the locks and waiters of one session may use. They end together, while everybody waits.",
    }),
    sessionsPerAddressMax: count({
      default: limitsDefault.sessionsPerAddressMax,
      to: 100_000_000,
      description:
        "Open sessions of one IP address or IPv6 network. Beyond that, a new session ends a REST session of the same address that owns nothing, the one that would end soonest.",
    }),
    locksPerAddressMax: count({
      default: limitsDefault.locksPerAddressMax,
      to: 100_000_000,
      description: "Locks that one IP address or IPv6 network may hold at once.",
    }),
    waitersPerAddressMax: count({
      default: limitsDefault.waitersPerAddressMax,
      to: 100_000_000,
      description: "Lock requests of one IP address or IPv6 network that may wait in line at once.",
    }),
    pendingPerConnectionMax: count({
      default: 1_024,
      to: 1_000_000,
      description: "Commands of one connection on their way to the log; reading pauses above.",
    }),
    waitersPerConnectionMax: count({
      default: 10_000,
      to: 1_000_000,
      description:
        "Calls over gRPC, or for mutexes of softvisio, that may wait in line at once on one connection.",
    }),
    subscriptionsPerConnectionMax: count({
      default: fleetingLimitsDefault.subscriptionsPerSessionMax,
      to: 10_000_000,
      description: "Names of events that one connection may be subscribed to.",
    }),
    subscriptionsPerAddressMax: count({
      default: fleetingLimitsDefault.subscriptionsPerAddressMax,
      to: 100_000_000,
      description:
        "Names of events that all connections from one IP address, or one /64 of IPv6, may be subscribed to.",
    }),
    unsentBytesMax: bytes({
      default: "1MiB",
      from: "1KiB",
      to: "1GiB",
      description: "Bytes that a slow reader may leave unread before its connection is closed.",
    }),
    peerBytesMax: optionalBytes({
      from: "1MiB",
      to: "1024GiB",
      description:
        "Bytes that the server keeps for its clients beside the state: unsent, unread, unfinished and pending. Beyond, it closes the connections with the most. Unset: an eighth of the heap that Node has, from 64MiB to 512MiB.",
    }),
    peerBytesPerAddressMax: optionalBytes({
      from: "1MiB",
      to: "1024GiB",
      description:
        "The same for all connections from one IP address or IPv6 network. Unset: three quarters of `limits.peerBytesMax`.",
    }),
    peerBytesPerConnectionMax: optionalBytes({
      from: "64KiB",
      to: "1024GiB",
      description: "The same for one connection. Unset: a quarter of `limits.peerBytesMax`.",
    }),
    connectionsMax: count({
      default: 20_000,
      to: 1_000_000,
      description:
        "Open connections of one port; fewer where the process may not open so many files.",
    }),
    connectionsPerAddressMax: count({
      default: 10_000,
      to: 1_000_000,
      description: "Open connections of one port from one IP address or IPv6 network.",
    }),
  }),
  http: section("HTTP", {
    headerTimeout: duration({
      default: "10s",
      from: "1ms",
      description: "For the whole head of a request, from the opening of the connection on.",
    }),
    requestTimeout: duration({
      default: "30s",
      from: "1ms",
      description: "For a whole request to arrive.",
    }),
    keepAliveTimeout: duration({
      default: "1m",
      from: "1ms",
      description: "For the next request on an idle connection.",
    }),
  }),
  tls: section("TLS", {
    cert: file(
      "The certificate of this server, followed by its chain, as PEM. With it every port serves TLS only.",
    ),
    key: file("The private key of the certificate, as PEM without a passphrase."),
    clientCa: file(
      "Certificates of authorities, as PEM. Every port refuses clients without a certificate from one of them.",
    ),
    clientCertVerify: yesOrNo(
      "Refuses clients without a valid certificate. Without `tls.clientCa` the server accepts the authorities that Node trusts, which issue certificates to anybody.",
    ),
    minVersion: choice(["TLSv1.2", "TLSv1.3"], {
      default: "TLSv1.2",
      placeholder: "TLSv1.2|TLSv1.3",
      description: "The oldest version of TLS that the server accepts.",
    }),
  }),
  ...apiSections,
});

/** All settings, checked and parsed: durations are milliseconds, sizes are bytes. */
export type Config = Immutable<StaticDecode<typeof configSchema>>;

type Immutable<T> = { readonly [Key in keyof T]: Immutable<T[Key]> };

/** The settings of the API of that name. */
export function apiSettings(config: Config, api: string): Config[ApiName] {
  return config[api as ApiName];
}
