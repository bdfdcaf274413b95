/**
 * Hosts the conversations of one API, whatever carries their bytes. Everything that the server does for a peer
 * stands here once: its session on the bus, its commands and their latency, its turn to publish, its jobs,
 * back-pressure, refusals, reviews, and the goodbye.
 */
import type { Command } from "../../core/command.ts";
import type { Effect } from "../../core/effect.ts";
import type { RequestId, SessionId } from "../../core/ids.ts";
import type { SessionEffect } from "../../fleeting/effect.ts";
import {
  type Conversation,
  type Job,
  rubbish,
  type Step,
  type Talk,
} from "../../protocols/conversation.ts";
import { attach, countKept, forgetAsked, propose, settle } from "./asking.ts";
import { sayGoodbyes } from "./goodbyes.ts";
import type { HostOptions, HostState } from "./host-state.ts";
import { createIdleWatch } from "./idle-watch.ts";
import { createLentSessions } from "./lent-sessions.ts";
import { createPeer, isHeldBack, type Peer } from "./peer.ts";
import { createSifter } from "./sifter.ts";
import type { Seat, Transport } from "./transport.ts";
import { createWarnings } from "./warnings.ts";

export type { HostOptions } from "./host-state.ts";

export interface Host {
  /** Holds the conversation with the peer behind the transport from now on. */
  join<Said, Output, Data extends Talk>(
    conversation: Conversation<Said, Output, Data>,
    transport: Transport<Output>,
  ): Seat<Said>;
  /** Lets every conversation check whether its peer is still authorized. */
  review(): void;
  /**
   * Ends every conversation in order, over as many turns of the event loop as that takes. Resolves when each has
   * been asked to end. The next start cleans up after their sessions.
   */
  stop(): Promise<void>;
  readonly isStopping: boolean;
  /** Tells the peer of the session, if there is one, that an operator ends it. Returns whether there is. */
  kick(session: SessionId): boolean;
  /** All peers whose conversation goes on. */
  readonly seated: ReadonlySet<Seated>;
}

/** What others may see of a conversation. */
export type Seated = Pick<Peer, "talk" | "sinceMs">;

export function createHost(options: HostOptions): Host {
  const lent = createLentSessions<Peer>(options.bus, (effect, peer) => {
    if (peer === undefined) options.meter.count(effect.outcome);
    else deliver(host, peer, effect);
  });
  const { meter, clock, logger } = options;
  const warnings = createWarnings({ api: meter.api, clock, logger });
  const sifter = createSifter({ meter, warnings });
  const peers = new Set<Peer>();
  const idleWatch = createIdleWatch(peers, clock, (peer) => {
    const { behavior, talk } = peer;
    if (behavior.idle !== undefined) perform(host, peer, behavior.idle(talk));
  });
  const own = { peers, lent, warnings, sifter, idleWatch, isStopping: false };
  const host: HostState = { ...options, ...own };
  return {
    join: (conversation, transport) => join(host, conversation, transport),
    review() {
      for (const peer of host.peers) {
        const { behavior, talk } = peer;
        if (behavior.review !== undefined) perform(host, peer, behavior.review(talk));
      }
    },
    stop() {
      host.isStopping = true;
      idleWatch.end();
      return sayGoodbyes(host, perform);
    },
    get isStopping() {
      return host.isStopping;
    },
    seated: host.peers,
    kick(session) {
      for (const peer of host.peers) {
        if (peer.talk.session !== session) continue;
        const request = "" as RequestId;
        deliver(host, peer, { session, request, outcome: { type: "session_kicked" } });
        return true;
      }
      return false;
    },
  };
}

function join<Said, Output, Data extends Talk>(
  host: HostState,
  conversation: Conversation<Said, Output, Data>,
  transport: Transport<Output>,
): Seat<Said> {
  // The host hands each talk to its own behavior only, and each output to its own transport.
  const erased = conversation as unknown as Conversation<unknown, unknown>;
  const sinceMs = host.clock.recentMs();
  const peer = createPeer(erased, transport as Transport<unknown>, sinceMs, {
    deliver: (effect) => deliver(host, peer, effect),
    hear: (effect) => hear(host, peer, effect),
    refuse: ({ request }, reason) => refuse(host, peer, request, reason),
  });
  host.peers.add(peer);
  if (peer.talk.idleMs !== undefined) host.idleWatch.begin();
  return {
    receive: (said) => receive(host, peer, said),
    isHeldBack: () => isHeldBack(peer),
    refused() {
      if (!peer.isOver) perform(host, peer, host.sifter.sift(peer, rubbish));
    },
    finished: () => depart(host, peer, "finished"),
    closed: () => depart(host, peer, "closed"),
  };
}

function receive(host: HostState, peer: Peer, said: unknown): void {
  peer.lastMs = host.clock.recentMs();
  if (isHeldBack(peer)) peer.unheard.push(said);
  else if (!peer.isOver) {
    const step = peer.behavior.receive(peer.talk, said);
    const isPlain = step.arrived === undefined && peer.rubbishCount === 0;
    proceed(host, peer, isPlain ? step : host.sifter.sift(peer, step));
  }
}

function deliver(host: HostState, peer: Peer, effect: Effect): void {
  if (peer.isOver) return;
  host.meter.count(effect.outcome);
  settle(host, peer, effect.request);
  proceed(host, peer, peer.behavior.deliver(peer.talk, effect));
}

function refuse(host: HostState, peer: Peer, request: RequestId, reason: string): void {
  if (peer.isOver) return;
  settle(host, peer, request);
  proceed(host, peer, peer.behavior.refuse(peer.talk, request, reason));
}

/** Returns whether the peer can still learn of it. */
function hear(host: HostState, peer: Peer, effect: SessionEffect): boolean {
  const { behavior, talk } = peer;
  if (behavior.hear === undefined) return false;
  // What it would be told may take long to write.
  if (peer.isDeaf && effect.type === "event") {
    host.meter.drop();
    return false;
  }
  if (effect.type === "refused") {
    const { reason } = effect.rejection;
    host.warnings.warn("subscription_refused", { address: talk.address, limit: reason });
  }
  const step = behavior.hear(talk, effect);
  if (effect.type !== "event") {
    proceed(host, peer, step);
    return true;
  }
  // It goes to a thousand peers, and nothing was pending for it.
  peer.isDeaf = !perform(host, peer, step);
  if (peer.isDeaf) host.meter.drop();
  return !peer.isDeaf;
}

/** Performs a step that may have changed how much is pending. */
function proceed(host: HostState, peer: Peer, step: Step<unknown>): void {
  perform(host, peer, step);
  const pendingCount = peer.isOver ? 0 : peer.behavior.pendingCount(peer.talk);
  countKept(peer, pendingCount);
  if (pendingCount > host.pendingMax !== peer.isCongested) regulate(host, peer);
}

/** Returns whether its output can still arrive. */
function perform(host: HostState, peer: Peer, step: Step<unknown>): boolean {
  const { commands, owed, topics, jobs, output, end } = step;
  if (commands.length > 0) propose(host, peer, commands);
  if (owed !== undefined) host.replica.propose(owed);
  if (output.length > 0) peer.lastMs = host.clock.recentMs();
  let canArrive = true;
  for (const each of output) canArrive = peer.transport.send(each) && canArrive;
  if (end !== undefined) {
    peer.transport.end(end);
    leave(host, peer);
  }
  if (topics !== undefined) {
    peer.topics = [...peer.topics, ...topics];
    publish(host, peer);
  }
  if (jobs !== undefined) work(host, peer, jobs);
  return canArrive;
}

/** Performs the peer's topic commands as far as this turn's budget goes, and the others in later turns. */
function publish(host: HostState, peer: Peer): void {
  const { fanOut, bus } = host;
  attach(host, peer);
  let done = 0;
  for (const command of peer.topics) {
    const isPublication = command.type === "publish" || command.type === "write_pipe";
    if (fanOut.isPerforming || (isPublication && fanOut.isSpent)) break;
    done += 1;
    // Nobody would end a subscription or a pipe that comes after the conversation.
    if (isPublication || !peer.isOver) fanOut.perform(bus, command);
  }
  peer.topics = peer.topics.slice(done);
  if (peer.topics.length === 0 || peer.awaitsTurn) return;
  peer.awaitsTurn = true;
  regulate(host, peer);
  fanOut.later(() => {
    peer.awaitsTurn = false;
    publish(host, peer);
    resume(host, peer);
  });
}

/** What a job costs later, in ms: its promises, its result, and an answer. Nobody can foresee what the job itself does. */
const jobMs = 0.1;

function work(host: HostState, peer: Peer, jobs: readonly Job[]): void {
  peer.abort ??= new AbortController();
  peer.transport.charge(jobs.length * jobMs);
  for (const job of jobs) {
    peer.jobCount += 1;
    // The earlier results come first, so this one may have to wait, and so may its failure.
    const running = job.run(peer.abort.signal).then(
      (result) => () => worked(host, peer, job, result),
      (error: unknown) => () => fail(host, peer, error),
    );
    peer.jobs = peer.jobs.then(() => running).then((take) => take());
  }
  regulate(host, peer);
}

function worked(host: HostState, peer: Peer, job: Job, result: unknown): void {
  const { behavior, talk } = peer;
  peer.jobCount -= 1;
  if (!peer.isOver && behavior.worked !== undefined) {
    perform(host, peer, host.sifter.sift(peer, behavior.worked(talk, job, result)));
  }
  resume(host, peer);
}

/** The server's own code failed. Only this conversation ends. */
function fail(host: HostState, peer: Peer, error: unknown): void {
  peer.jobCount -= 1;
  host.logger.error({ err: error }, "a job failed");
  peer.transport.end({ code: 1011, reason: "internal error" });
  leave(host, peer);
}

/** Goes on with what has arrived while the peer was held back. */
function resume(host: HostState, peer: Peer): void {
  let heard = 0;
  const { unheard } = peer;
  peer.unheard = [];
  for (; heard < unheard.length && !isHeldBack(peer); heard += 1) {
    receive(host, peer, unheard[heard]);
  }
  peer.unheard = [...unheard.slice(heard), ...peer.unheard];
  if (isHeldBack(peer)) return;
  const { leaving } = peer;
  peer.leaving = undefined;
  if (leaving !== undefined) depart(host, peer, leaving);
  regulate(host, peer);
}

/** Pauses or resumes reading. */
function regulate({ pendingMax }: HostState, peer: Peer): void {
  if (peer.isOver) return;
  const pendingCount = peer.behavior.pendingCount(peer.talk);
  peer.isCongested = pendingCount > (peer.isCongested ? pendingMax / 2 : pendingMax);
  if (peer.isCongested || isHeldBack(peer)) peer.transport.pause();
  else peer.transport.resume();
}

function depart(host: HostState, peer: Peer, how: "finished" | "closed"): void {
  if (isHeldBack(peer)) peer.leaving = how;
  else if (how === "closed") leave(host, peer);
  else if (!peer.isOver) finish(host, peer);
}

function finish(host: HostState, peer: Peer): void {
  const { behavior, talk, transport } = peer;
  if (behavior.finish !== undefined) {
    perform(host, peer, behavior.finish(talk));
  } else {
    transport.end({ code: 1000, reason: "" });
    leave(host, peer);
  }
}

/** Made once, because the error that `abort` would make has a stack, which costs 10 µs. */
const conversationOver = new Error("the conversation is over");

/** Ends the conversation, whether or not the peer knows it yet. */
function leave(host: HostState, peer: Peer): void {
  if (peer.isOver) return;
  peer.isOver = true;
  host.peers.delete(peer);
  peer.abort?.abort(conversationOver);
  countKept(peer, 0);
  forgetAsked(peer);
  const { talk, behavior } = peer;
  if (peer.isAttached && talk.session !== undefined) host.bus.detach(talk.session);
  for (const { session, request } of peer.lent) host.lent.giveBack(session, request);
  const commands = behavior.end(talk);
  host.replica.propose(host.isStopping ? commands.filter(isOwedAtStop) : commands);
}

/** After a stop the sessions wait for their clients, until the next start cleans up. */
function isOwedAtStop({ type }: Command): boolean {
  return type !== "detach_session";
}
