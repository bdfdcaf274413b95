/**
 * The network between clients and the server, as far as it can be told from the ends of a connection:
 * what is sent arrives in order and after some time, or the connection breaks, and then each end hears
 * of it soon, late or never.
 */
import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import type { Listener, ListenerOptions } from "../../../src/server/listen/listener.ts";
import type { Random } from "../../history/random.ts";
import type { SimulatedProcess } from "../machine/process.ts";
import type { Scheduler } from "../scheduler.ts";
import { type CallLink, createCallLink } from "./call-link.ts";
import { createLink, type Link, type LinkClient } from "./link.ts";
import type { Line, LineEnds } from "./wire.ts";

export interface Network {
  /** What the server in this process listens with. */
  openListener(process: SimulatedProcess, options: ListenerOptions): Promise<Listener>;
  /** Asks for a WebSocket; what becomes of it is told to the client. */
  connect(request: HttpRequest, client: LinkClient): Link;
  /** Connects for gRPC calls; `closed` when the client hears that this has come to an end. */
  connectForCalls(closed: () => void): CallLink;
  /** Resolves with the answer. Rejects with `NoAnswer` when the connection breaks, or after `patienceMs`. */
  request(request: HttpRequest, patienceMs: number): Promise<HttpResponse>;
  /** The process has ended, and with it all connections: the clients hear of it, or nothing at all. */
  processEnded(process: SimulatedProcess, how: "reset" | "silence"): void;
  /** Breaks one of the connections, in one of the ways in which they break; `undefined`: there is none. */
  breakOne(): string | undefined;
  /** How long a message takes now, at most. */
  latencyMsMax: number;
  /** Of requests and answers over HTTP, so many are lost, and as many requests arrive twice. */
  lossChance: number;
}

/** Whether the request was carried out is not known. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

interface OpenListener {
  readonly process: SimulatedProcess;
  readonly options: ListenerOptions;
  readonly links: Set<Line>;
  isAccepting: boolean;
}

export function createNetwork(scheduler: Scheduler, random: Random): Network {
  let open: OpenListener | undefined;
  /** Requests whose client still waits, by what is called when the server's process ends. */
  const waiting = new Set<() => void>();

  const ends: LineEnds = { scheduler, random, latencyMs, server: accepting };
  const network: Network = {
    latencyMsMax: 2,
    lossChance: 0,
    async openListener(process, options) {
      const listener: OpenListener = { process, options, links: new Set(), isAccepting: true };
      open = listener;
      return listenerOf(listener);
    },
    connect: (request, client) => createLink(request, { ...ends, client }),
    connectForCalls: (closed) => createCallLink(ends, closed),
    request: ask,
    processEnded(process, how) {
      if (open?.process !== process) return;
      for (const link of open.links) link.serverGone(how);
      open = undefined;
      if (how === "reset") for (const fail of waiting) fail();
    },
    breakOne() {
      const links = [...(open?.links ?? [])];
      const link = links[random.below(Math.max(1, links.length))];
      return link?.break();
    },
  };

  function latencyMs(): number {
    return (random.below(1000) / 1000) * network.latencyMsMax;
  }

  function accepting(): OpenListener | undefined {
    return open?.isAccepting === true ? open : undefined;
  }

  function ask(request: HttpRequest, patienceMs: number): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const fail = () => {
        scheduler.after(latencyMs(), () => settle(() => reject(new NoAnswer())));
      };
      const cancel = scheduler.after(patienceMs, () => settle(() => reject(new NoAnswer())));
      const settle = (how: () => void) => {
        cancel();
        waiting.delete(fail);
        how();
      };
      waiting.add(fail);
      const answer = (response: HttpResponse) => settle(() => resolve(response));
      if (!random.chance(network.lossChance)) carry(request, answer, fail);
      if (random.chance(network.lossChance))
        carry(
          request,
          () => {},
          () => {},
        );
    });
  }

  /** To the server and back. */
  function carry(
    request: HttpRequest,
    answer: (response: HttpResponse) => void,
    fail: () => void,
  ): void {
    scheduler.after(latencyMs(), () => {
      const listener = accepting();
      if (listener === undefined) {
        fail();
        return;
      }
      const { process, options } = listener;
      process.run(() => {
        void handle(request, options).then((response) => {
          if (process.isDead || random.chance(network.lossChance)) return;
          scheduler.after(latencyMs(), () => answer(response));
        });
      });
    });
  }

  return network;
}

async function handle(request: HttpRequest, { routes }: ListenerOptions): Promise<HttpResponse> {
  return await routes.http(request, { whenGone() {}, whenSilent() {} });
}

/** The face that the server sees. */
function listenerOf(open: OpenListener): Listener {
  const { links, options } = open;
  return {
    host: options.host,
    port: 7117,
    status: () => ({
      connectionsOpen: links.size,
      webSocketsOpen: 0,
      acceptedTotal: 0,
      requestsTotal: 0,
      callsOpen: 0,
      callsTotal: 0,
      messagesReceivedTotal: 0,
      messagesSentTotal: 0,
      refusedTotal: {} as ReturnType<Listener["status"]>["refusedTotal"],
    }),
    flush() {
      for (const link of links) link.flush();
    },
    stopAccepting() {
      open.isAccepting = false;
    },
    async close() {
      open.isAccepting = false;
      for (const link of links) link.serverCloses();
      links.clear();
    },
  };
}
