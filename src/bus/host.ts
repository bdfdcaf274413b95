/** Hosts the machine of the fleeting plane on one node, and delivers its effects. Every engine has one. */
import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import { unreachable } from "../core/unreachable.ts";
import { apply, createState, type FleetingLimits, type State } from "../fleeting/apply.ts";
import type { FleetingCommand } from "../fleeting/command.ts";
import type { FleetingEffect } from "../fleeting/effect.ts";
import type { EventEffect } from "../fleeting/topics.ts";
import type { Bus, Receiver } from "./bus.ts";

export interface BusHost {
  readonly state: State;
  /** By the places of their sessions. */
  readonly receivers: (Receiver | undefined)[];
  publishedTotal: number;
  heardTotal: number;
}

export function createHost(limits: FleetingLimits): BusHost {
  // No session has place 0.
  return { state: createState(limits), receivers: [undefined], publishedTotal: 0, heardTotal: 0 };
}

export function busOf(host: BusHost): Bus {
  return {
    attach: (session, receiver) => attach(host, session, receiver),
    detach: (session) => detach(host, session),
    send: (effect) => send(host, effect),
    perform(command) {
      if (command.type === "publish") host.publishedTotal += 1;
      return perform(host, command);
    },
    counts: () => ({
      subscriptions: host.state.subscriptions.count,
      publishedTotal: host.publishedTotal,
      heardTotal: host.heardTotal,
    }),
  };
}

function attach(host: BusHost, session: SessionId, receiver: Receiver): void {
  if (host.receivers[placeOf(host, session)] === receiver) return;
  detach(host, session);
  perform(host, { type: "join", session });
  host.receivers[placeOf(host, session)] = receiver;
}

function detach(host: BusHost, session: SessionId): void {
  const place = placeOf(host, session);
  if (place === 0) return;
  host.receivers[place] = undefined;
  perform(host, { type: "leave", session });
}

function send(host: BusHost, effect: Effect): boolean {
  const receiver = host.receivers[placeOf(host, effect.session)];
  receiver?.deliver(effect);
  return receiver !== undefined;
}

/** 0 if the session is not attached here. */
function placeOf({ state }: BusHost, session: SessionId): number {
  return state.sessions.joined.get(session)?.place ?? 0;
}

/** Returns the number of sessions here that received an event. */
function perform(host: BusHost, command: FleetingCommand): number {
  let heard = 0;
  for (const effect of apply(host.state, command)) heard += carryOut(host, effect);
  return heard;
}

function carryOut(host: BusHost, effect: FleetingEffect): number {
  switch (effect.type) {
    case "event":
      return deliverEvent(host, effect);
    case "refused":
      host.receivers[effect.session.place]?.hear?.(effect);
      return 0;
    default:
      return unreachable(effect);
  }
}

function deliverEvent(host: BusHost, effect: EventEffect): number {
  const { receivers } = host;
  let heard = 0;
  for (const { place } of effect.sessions) {
    const receiver = receivers[place];
    if (receiver?.hear === undefined) continue;
    heard += 1;
    receiver.hear(effect);
  }
  host.heardTotal += heard;
  return heard;
}
