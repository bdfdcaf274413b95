/**
 * The names under which clients may reach a listener. A page of a foreign site can make its own name resolve to
 * 127.0.0.1 (DNS rebinding) and is then of the same origin as this server to its browser. Its requests still name the
 * site as their Host. A page cannot do that with an IP address.
 */
import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders as IncomingHttp2Headers } from "node:http2";
import { isIPv4, isIPv6 } from "node:net";
import { type CallStatus, callFailed } from "../../protocols/grpc/mod.ts";
import type { HttpResponse } from "../../protocols/protocol.ts";
import { isLoopback } from "../config.ts";
import type { Refusal } from "./refusals.ts";
import { plainResponse } from "./responses.ts";

export type HostFault =
  /** No Host, several, or one that is none; RFC 9112, section 3.2. */
  | "malformed"
  /** The name of another server. */
  | "foreign";

export interface Hosts {
  /** The fault of the host that a request names; `undefined` if it may be served. */
  fault(host: string): HostFault | undefined;
}

/**
 * A listener on a loopback address admits `localhost`, IP addresses and the names in the list. Elsewhere it does so
 * once there is a list. `*` in the list admits every name.
 */
export function createHosts(boundHosts: readonly string[], allowedHosts: readonly string[]): Hosts {
  const names = new Set(allowedHosts.map(plain));
  const isChecked = !names.has("*") && (names.size > 0 || boundHosts.every(isLoopback));
  /** The last host without a fault: most requests name the same one. */
  let lastRight: string | undefined;
  return {
    fault(host) {
      if (host === lastRight) return undefined;
      const parts = partsOf(host);
      if (parts === undefined) return "malformed";
      if (isChecked && !isOurs(parts, names)) return "foreign";
      lastRight = host;
      return undefined;
    },
  };
}

/** The fault of an HTTP/1.1 request, upgrades included. Only HTTP/1.0 has requests without a Host. */
export function hostFaultOf(
  hosts: Hosts,
  { headers: { host }, url = "/", httpVersion }: IncomingMessage,
): HostFault | undefined {
  if (host === undefined && httpVersion !== "1.0") return "malformed";
  const fault = host === undefined ? undefined : hosts.fault(host);
  const authority = authorityOf(url);
  if (fault === "malformed" || authority === undefined) return fault;
  return authority === "" ? "malformed" : hosts.fault(authority);
}

/** The fault of an HTTP/2 request, which may have a Host besides its authority; RFC 9113, section 8.3.1. */
export function http2HostFaultOf(
  hosts: Hosts,
  { ":authority": authority, host }: IncomingHttp2Headers,
  rawHeaders: readonly string[],
): HostFault | undefined {
  if (host !== undefined) {
    // Node keeps only the first of several fields.
    const count = rawHeaders.filter((name, index) => index % 2 === 0 && name === "host").length;
    if (count > 1 || (authority !== undefined && authority !== host)) return "malformed";
  }
  const named = authority ?? host ?? "";
  return named === "" ? "malformed" : hosts.fault(named);
}

/** The reasons under which the faults are counted. */
export const hostReasons = {
  malformed: "bad_request",
  foreign: "host",
} as const satisfies Record<HostFault, Refusal>;

/** Characters of a Host in the log. */
const loggedMax = 200;

/** The Host as the log shows it. */
export function loggedHost(host: string | undefined): string | undefined {
  return host?.slice(0, loggedMax);
}

/** The text for the refused client. */
const hostRefusals: Readonly<Record<HostFault, string>> = {
  malformed: "a request must name exactly one valid host",
  foreign: "this server does not go by the name in Host: add it to allowedHosts if it should",
};

/** The refusal of an HTTP request. */
export function hostRefusal(fault: HostFault): HttpResponse {
  return plainResponse(fault === "malformed" ? 400 : 421, hostRefusals[fault]);
}

/** The refusal of a gRPC call, which its client does not try again by itself. */
export function hostCallStatus(fault: HostFault): CallStatus {
  return callFailed(fault === "malformed" ? "internal" : "permission_denied", hostRefusals[fault]);
}

/** The scheme and authority at the beginning of a target in absolute form; RFC 9112, section 3.2.2. */
const absoluteForm = /^https?:\/\/([^/?#]*)/i;

/** The authority in the target of an HTTP/1.1 request, which replaces its Host; `undefined` in other forms. */
export function authorityOf(target: string): string | undefined {
  return target.startsWith("/") ? undefined : absoluteForm.exec(target)?.[1];
}

interface HostParts {
  /** In lower case, without the dot of the root. */
  readonly name: string;
  /** As written; empty without one. */
  readonly port: string;
  readonly isAddress: boolean;
}

/**
 * `host [":" port]` of RFC 3986, section 3.2, which has no place for user information. A comma, though it may be part
 * of a name there, separates the fields of a request with several.
 */
const hostForm = /^(?:\[([\da-f:.]+)\]|([\w.~!$&'()*+;=%-]*))(?::(\d{0,5}))?$/i;

function partsOf(host: string): HostParts | undefined {
  const found = hostForm.exec(host);
  if (found === null) return undefined;
  const [, ipv6, name = "", port = ""] = found;
  if (Number(port) > 65_535) return undefined;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { name: ipv6, port, isAddress: true } : undefined;
  return { name: plain(name), port, isAddress: isIPv4(name) };
}

function isOurs({ name, port, isAddress }: HostParts, names: ReadonlySet<string>): boolean {
  return isAddress || name === "localhost" || names.has(name) || names.has(`${name}:${port}`);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.(?=:\d+$|$)/, "");
}
