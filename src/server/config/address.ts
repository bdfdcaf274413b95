import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Where to listen. */
export interface Address {
  /** A name or an IP address; an IPv6 address without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Reads `HOST:PORT` and `[IPV6]:PORT`; `undefined` for any other text. */
export function parseAddress(text: string): Address | undefined {
  const parts = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const host = parts.ipv6 ?? parts.host ?? "";
  const port = Number(parts.port);
  const isHost = parts.ipv6 === undefined ? isIPv4OrName(host) : isIPv6(host);
  return isHost && port <= 65_535 ? { host, port } : undefined;
}

export function formatAddress({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine can reach the host. A name other than `localhost` may resolve to any address. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return loopback.check(host, "ipv4");
  if (isIPv6(host)) return loopback.check(host, "ipv6");
  return host.toLowerCase() === "localhost";
}

/** Digits and dots must form a whole address, because resolvers read `127.1` in surprising ways. */
function isIPv4OrName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIPv4(host);
  return /^[a-z\d]([a-z\d._-]*[a-z\d])?$/i.test(host);
}
