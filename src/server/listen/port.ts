import assert from "node:assert/strict";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer, isIP, isIPv4, type Server, type Socket } from "node:net";
import { hasCode } from "../../log/file/mod.ts";

/** A TCP port on each address of a host. */
export interface Port {
  /** The bound addresses, those of IPv4 first. */
  readonly hosts: readonly string[];
  /** The bound port, also when the options said 0. */
  readonly port: number;
  /** Hands over the connections, also those that are there already. */
  begin(accept: (connection: Socket) => void): void;
  /** Accepts no more connections. */
  close(): void;
  /** Resolves after `close`, when all accepted connections have ended. */
  readonly ended: Promise<unknown>;
}

export interface PortOptions {
  /** An IP address, or a name, which stands for all its addresses. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** A connection was not accepted; the port goes on. */
  failed(error: Error): void;
}

/** Connections that the kernel may queue for the process; the kernel may lower it. */
const backlog = 4096;

/** Tries to find a port that is free on all addresses. */
const triesMax = 10;

/** Rejects with the operating system's error and its `code`: EADDRINUSE, EACCES, ENOTFOUND, … */
export async function openPort(options: PortOptions): Promise<Port> {
  const hosts = await addressesOf(options.host);
  for (let tries = 1; ; tries++) {
    const door = createDoor();
    try {
      await listenOnAll(door, hosts, options);
      return opened(door);
    } catch (error) {
      for (const server of door.servers) server.close();
      const mayRetry = options.port === 0 && hasCode(error, ["EADDRINUSE"]) && tries < triesMax;
      if (!mayRetry) throw error;
    }
  }
}

/** The servers that listen so far, and what becomes of a connection to any of them. */
interface Door {
  readonly servers: Server[];
  /** Connections that were there before `begin`. */
  readonly early: Socket[];
  accept(connection: Socket): void;
}

function createDoor(): Door {
  const early: Socket[] = [];
  return { servers: [], early, accept: (connection) => early.push(connection) };
}

/** `localhost` is this machine by IPv4 and IPv6, whatever a resolver says; RFC 6761, section 6.3. */
async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  if (host.toLowerCase() === "localhost") return ["127.0.0.1", "::1"];
  const found = await lookup(host, { all: true });
  const addresses = [...new Set(found.map(({ address }) => address))];
  return [...addresses.filter(isIPv4), ...addresses.filter((address) => !isIPv4(address))];
}

/** Addresses that this machine lacks are left out if it has another one. */
async function listenOnAll(
  door: Door,
  hosts: readonly string[],
  { port, failed }: Pick<PortOptions, "port" | "failed">,
): Promise<void> {
  let lacking: unknown;
  for (const host of hosts) {
    const options = { allowHalfOpen: true, noDelay: true };
    const server = createServer(options, (connection) => door.accept(connection));
    const [first] = door.servers;
    try {
      server.listen({ host, port: first === undefined ? port : boundTo(first).port, backlog });
      await once(server, "listening");
      server.on("error", failed);
      door.servers.push(server);
    } catch (error) {
      if (hosts.length === 1 || !hasCode(error, lackingCodes)) throw error;
      lacking = error;
    }
  }
  if (door.servers.length === 0) throw lacking;
}

/** The machine has no such address, or no IPv6 at all. */
const lackingCodes = ["EADDRNOTAVAIL", "EAFNOSUPPORT"];

function opened(door: Door): Port {
  const { servers, early } = door;
  const places = servers.map(boundTo);
  const [first] = places;
  assert(first !== undefined);
  return {
    hosts: places.map(({ host }) => host),
    port: first.port,
    begin(accept) {
      door.accept = accept;
      for (const connection of early) accept(connection);
    },
    close() {
      for (const server of servers) server.close();
    },
    ended: Promise.all(servers.map((server) => new Promise((end) => server.once("close", end)))),
  };
}

function boundTo(server: Server): { readonly host: string; readonly port: number } {
  const address = server.address();
  // It is null only before `listen` and a string only for a unix socket.
  assert(address !== null && typeof address === "object");
  return { host: address.address, port: address.port };
}
