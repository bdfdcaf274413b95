import { isIPv6 } from "node:net";
import { resolve } from "node:path";
import { type Config, formatAddress } from "../server/config.ts";
import type { BoundAddress } from "../server/server.ts";

export interface WelcomeOptions {
  readonly version: string;
  readonly config: Config;
  readonly addresses: readonly BoundAddress[];
  readonly warnings: readonly string[];
  /** Of the user that this start has made; `undefined`: there were users, or the password is known. */
  readonly rootPassword?: string | undefined;
}

/** The text for a person who has just started a server: open ports, place of the data, commands to try. */
export function welcome(options: WelcomeOptions): string {
  const { version, config, addresses, warnings, rootPassword } = options;
  const urls = addresses.map((address) => ({
    speaks: address.speaks,
    url: urlOf(address, config.tls),
  }));
  const width = Math.max(...urls.map(({ url }) => url.length));
  return [
    `Holdfast ${version}`,
    "",
    ...urls.map(({ speaks, url }) => `  ${url.padEnd(width)}  ${speaks}`),
    `  ${"data".padEnd(width)}  ${dataLine(config)}`,
    "",
    ...warnings.map((warning) => `  WARNING  ${warning}`),
    ...(warnings.length > 0 ? [""] : []),
    ...rootLines(rootPassword),
    "Try it from another terminal:",
    "",
    ...tries(config, addresses[0]),
    "",
  ].join("\n");
}

/** The password appears here and nowhere else. */
function rootLines(password: string | undefined): readonly string[] {
  if (password === undefined) return [];
  return [
    `  The user root was made, with the password ${password}`,
    "  It is shown this once; `holdfast users password root` makes another.",
    "",
  ];
}

function dataLine({ data, durability }: Config): string {
  return data.type === "memory" ? "memory only" : `${resolve(data.path)}, durability ${durability}`;
}

/** A program for TCP in clear text is everywhere. */
function overTcp({ host, port }: BoundAddress, { cert }: Config["tls"]): readonly string[] {
  if (cert !== undefined) return [];
  const place = reach(host, port).replace(/^\[?(.*?)\]?:(\d+)$/, "$1 $2");
  return [`  printf '%s' '{"id":1,"method":"sys.version"}' | nc -q1 ${place}`];
}

/** The first address belongs to the main port, which speaks every protocol. */
function tries({ ldlm, tls }: Config, main: BoundAddress | undefined): readonly string[] {
  if (main === undefined) return [];
  const url = urlOf(main, tls);
  const { curl, wscat } = trustOf(tls);
  // Without a password curl prompts for it, so the line can be pasted and shows no secret.
  const user = ldlm.password === undefined ? "" : " -u ldlm";
  return [
    `  curl${curl} ${url}/`,
    `  curl -s${curl}${user} -b '' -X POST ${url}/session --next -s${curl}${user} -b '' -d '{"name":"invoices"}' ${url}/v1/lock`,
    ...overTcp(main, tls),
    `  curl -s${curl} -u root -d '{"id":1,"method":"user.list"}' ${url}/nexus`,
    `  npx -y wscat${wscat} -c '${url.replace("http", "ws")}/v1?namespace=default' -x '{"action":"lock","resources":[{"type":"write","path":["invoices"]}]}' -w 5`,
  ];
}

function urlOf({ host, port, isStreamOnly }: BoundAddress, { cert }: Config["tls"]): string {
  const [clear, secure] = isStreamOnly ? ["tcp", "tls"] : ["http", "https"];
  return `${cert === undefined ? clear : secure}://${reach(host, port)}`;
}

/**
 * The flags with which clients and server trust each other. If no public authority has signed the
 * certificate, naming the certificate itself makes curl trust it, and Node if it is self-signed.
 */
function trustOf({ cert, clientCa, clientCertVerify }: Config["tls"]) {
  if (cert === undefined) return { curl: "", wscat: "" };
  const path = quoted(cert);
  const own =
    clientCa === undefined && !clientCertVerify ? "" : " --cert CLIENT.pem --key CLIENT-KEY.pem";
  return { curl: ` --cacert ${path}${own}`, wscat: ` --ca ${path}${own}` };
}

/** Quoted for a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** An address that clients can connect to: loopback in place of a wildcard. */
function reach(host: string, port: number): string {
  if (host === "0.0.0.0") return formatAddress({ host: "127.0.0.1", port });
  if (isIPv6(host) && /^[0:]+$/.test(host)) return formatAddress({ host: "::1", port });
  return formatAddress({ host, port });
}
