/**
 * The network between clients and servers, as the ends of a connection see it: messages arrive in order and after
 * some time, or the connection breaks, and each end learns of that soon, late or never.
 */
import type { NodeId } from "../../../src/core/ids.ts";
import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import type { Listener, ListenerOptions } from "../../../src/server/listen/listener.ts";
import type { Random } from "../../history/random.ts";
import type { SimulatedProcess } from "../machine/process.ts";
import type { Scheduler } from "../scheduler.ts";
import { type CallLink, createCallLink } from "./call-link.ts";
import { createLink, type Link, type LinkClient } from "./link.ts";
import { createListener, type OpenListener } from "./listener.ts";
import type { LineEnds } from "./wire.ts";

export interface Network {
  /** Opens the listener of the node whose server runs in this process. */
  openListener(
    node: NodeId,
    process: SimulatedProcess,
    options: ListenerOptions,
  ): Promise<Listener>;
  /** Asks the node for a WebSocket. */
  connect(node: NodeId, request: HttpRequest, client: LinkClient): Link;
  /** Connects to the node for gRPC calls. Calls `closed` when the client learns that the connection has ended. */
  connectForCalls(node: NodeId, closed: () => void): CallLink;
  /** Resolves to the node's answer. Rejects with `NoAnswer` when the connection breaks, or after `patienceMs`. */
  request(node: NodeId, request: HttpRequest, patienceMs: number): Promise<HttpResponse>;
  /** The process has ended, and with it all of its connections; in silence their clients do not learn of it. */
  processEnded(process: SimulatedProcess, how: "reset" | "silence"): void;
  /** Breaks one of the connections, in one of the ways in which they break; `undefined` when there is none. */
  breakOne(): string | undefined;
  /** How long a message takes now, at most. */
  latencyMsMax: number;
  /** The part of requests and answers over HTTP that is lost, and of requests that arrive twice. */
  lossChance: number;
}

/** The server may have carried out the request or not. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

export function createNetwork(scheduler: Scheduler, random: Random): Network {
  const listeners = new Map<NodeId, OpenListener>();
  /** How each client that waits for an answer learns that the server has ended. */
  const waiting = new Map<() => void, NodeId>();

  const network: Network = {
    latencyMsMax: 2,
    lossChance: 0,
    async openListener(node, process, options) {
      const { open, listener } = createListener(process, options);
      listeners.set(node, open);
      return listener;
    },
    connect: (node, request, client) => createLink(request, { ...endsAt(node), client }),
    connectForCalls: (node, closed) => createCallLink(endsAt(node), closed),
    request: ask,
    processEnded(process, how) {
      for (const [node, { links, process: owner }] of listeners) {
        if (owner !== process) continue;
        for (const link of links) link.serverGone(how);
        listeners.delete(node);
        if (how === "reset") failRequests(node);
      }
    },
    breakOne() {
      const links = [...listeners.values()].flatMap((open) => [...open.links]);
      const link = links[random.below(Math.max(1, links.length))];
      return link?.break();
    },
  };

  function endsAt(node: NodeId): LineEnds {
    return { scheduler, random, latencyMs, server: () => accepting(node) };
  }

  function latencyMs(): number {
    return (random.below(1000) / 1000) * network.latencyMsMax;
  }

  function accepting(node: NodeId): OpenListener | undefined {
    const open = listeners.get(node);
    return open?.isAccepting === true ? open : undefined;
  }

  function failRequests(node: NodeId): void {
    for (const [fail, asked] of waiting) if (asked === node) fail();
  }

  function ask(node: NodeId, request: HttpRequest, patienceMs: number): Promise<HttpResponse> {
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
      waiting.set(fail, node);
      const answer = (response: HttpResponse) => settle(() => resolve(response));
      if (!random.chance(network.lossChance)) carry(node, request, answer, fail);
      if (random.chance(network.lossChance)) carry(node, request, unheard, unheard);
    });
  }

  /** To the server and back. */
  function carry(
    node: NodeId,
    request: HttpRequest,
    answer: (response: HttpResponse) => void,
    fail: () => void,
  ): void {
    scheduler.after(latencyMs(), () => {
      const open = accepting(node);
      if (open === undefined) {
        fail();
        return;
      }
      const { process, options } = open;
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

function unheard(): void {}

async function handle(request: HttpRequest, { routes }: ListenerOptions): Promise<HttpResponse> {
  return await routes.http(request, { whenGone() {}, whenSilent() {}, charge() {}, expect() {} });
}
