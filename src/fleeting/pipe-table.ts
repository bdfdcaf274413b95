/**
 * The pipes of this node's sessions, and what is in them. Beyond its limits a pipe drops the newest messages and counts
 * them, so a slow reader costs nobody but itself.
 *
 *   write, event ──room──▶ messages ──read──▶ the owner
 *        └── no room ──▶ dropped        read ──no message──▶ waits ──tick, deadline, close──▶ the owner
 */
import { append, createChain, itemsIn } from "../core/chain.ts";
import { addDeadline, removeDeadline } from "../core/deadlines.ts";
import type { PipeId, TimeMs } from "../core/ids.ts";
import { type Rejection, rejected } from "../core/rejection.ts";
import type { Receivers } from "./lines.ts";
import { add, answer, charge, finish, messageBytes, serve } from "./pipe-messages.ts";
import type { NetworkPipes, OwnPipes, Pipe, Pipes, Read } from "./pipe-state.ts";
import type {
  ClosePipe,
  OpenPipe,
  PipeAnswer,
  PipeCommand,
  PipeLimits,
  PipeOutcome,
  ReadPipe,
  SubscribePipe,
  UnsubscribePipe,
  WritePipe,
} from "./pipes.ts";
import type { JoinedSession, Sessions } from "./sessions.ts";
import { subscribe, unsubscribe, unsubscribeFromAll } from "./subscriptions.ts";
import type { Event } from "./topics.ts";

/** The part of the state that pipes need. */
export interface PipeState {
  readonly sessions: Sessions;
  readonly pipes: Pipes;
}

/** Performs the command. Nobody is answered whose session has not joined. */
export function performOnPipes(
  state: PipeState,
  at: TimeMs,
  command: PipeCommand,
): readonly PipeAnswer[] {
  const session = state.sessions.joined.get(command.session);
  if (session === undefined) return [];
  const { pipes } = state;
  switch (command.type) {
    case "open_pipe":
      return [answer(session, command, openPipe(pipes, session, command))];
    case "close_pipe":
      return closePipe(pipes, session, command);
    case "write_pipe":
      return writePipe(pipes, session, command);
    case "read_pipe":
      return readPipe(pipes, session, command, at);
    case "subscribe_pipe":
    case "unsubscribe_pipe":
      return [answer(session, command, changeSubscription(pipes, command))];
  }
}

/** Puts the event into all of these pipes. Returns the answers of the reads that it ends at once. */
export function pour(
  pipes: Pipes,
  receivers: Receivers<Pipe>,
  event: Event,
): readonly PipeAnswer[] {
  const bytes = messageBytes + event.topic.length + (event.payload?.length ?? 0);
  const answers: PipeAnswer[] = [];
  for (const pipe of receivers) {
    answers.push(...add(pipes, pipe, event, bytes));
  }
  return answers;
}

/** Ends all pipes of a session that leaves. */
export function endPipesOf(pipes: Pipes, session: JoinedSession): void {
  for (const pipe of pipes.ofSession.get(session)?.pipes ?? []) end(pipes, pipe);
}

/** Answers the reads whose waits are over. */
export function endOverdueReads(pipes: Pipes, at: TimeMs): readonly PipeAnswer[] {
  const { deadlines } = pipes;
  const answers: PipeAnswer[] = [];
  for (let first = deadlines[0]; first !== undefined && first.at <= at; first = deadlines[0]) {
    answers.push(finish(pipes, first.subject));
  }
  return answers;
}

function openPipe(
  pipes: Pipes,
  session: JoinedSession,
  { pipe: id, capacity }: OpenPipe,
): PipeOutcome {
  const { limits, byId, ofSession, ofNetwork } = pipes;
  const { network } = session;
  const own = ofSession.get(session) ?? { pipes: new Set(), bytes: 0, readCount: 0 };
  const known = network === undefined ? undefined : ofNetwork.get(network);
  const near = known ?? { count: 0, bytes: 0 };
  const reason = openFault(limits, own, near);
  if (byId.has(id)) return rejected("already_exists", "a pipe of that id exists");
  if (reason !== undefined) return rejected("limit_exceeded", reason);
  const pipe: Pipe = {
    id,
    owner: session,
    own,
    network,
    near,
    capacity: Math.min(capacity, limits.pipeMessagesMax),
    messages: createChain(),
    messageCount: 0,
    bytes: 0,
    lastNumber: 0,
    drops: 0,
    reads: createChain(),
  };
  byId.set(id, pipe);
  own.pipes.add(pipe);
  ofSession.set(session, own);
  near.count += 1;
  if (network !== undefined) ofNetwork.set(network, near);
  return done;
}

function openFault(
  { pipesPerSessionMax, pipesPerAddressMax }: PipeLimits,
  own: OwnPipes,
  near: NetworkPipes,
): string | undefined {
  if (own.pipes.size >= pipesPerSessionMax) {
    return `a session has at most ${pipesPerSessionMax} pipes`;
  }
  return near.count < pipesPerAddressMax
    ? undefined
    : `an address has at most ${pipesPerAddressMax} pipes`;
}

function closePipe(
  pipes: Pipes,
  session: JoinedSession,
  command: ClosePipe,
): readonly PipeAnswer[] {
  const pipe = ownPipe(pipes, session, command.pipe);
  if (pipe === undefined) return [answer(session, command, noSuchPipe)];
  const answers: PipeAnswer[] = [];
  for (const read of itemsIn(pipe.reads)) answers.push(finish(pipes, read));
  end(pipes, pipe);
  return [...answers, answer(session, command, done)];
}

function writePipe(
  pipes: Pipes,
  session: JoinedSession,
  command: WritePipe,
): readonly PipeAnswer[] {
  const pipe = pipes.byId.get(command.pipe);
  if (pipe === undefined) return [answer(session, command, noSuchPipe)];
  const answers: PipeAnswer[] = [];
  for (const message of command.messages) {
    answers.push(...add(pipes, pipe, message, messageBytes + message.length));
  }
  return [...answers, answer(session, command, done)];
}

function readPipe(
  pipes: Pipes,
  session: JoinedSession,
  command: ReadPipe,
  at: TimeMs,
): readonly PipeAnswer[] {
  const { request, max, waitMs } = command;
  const pipe = ownPipe(pipes, session, command.pipe);
  if (pipe === undefined) return [answer(session, command, noSuchPipe)];
  const { pipeReadsPerSessionMax } = pipes.limits;
  if (pipe.messageCount === 0 && pipe.own.readCount >= pipeReadsPerSessionMax) {
    const reason = `a session has at most ${pipeReadsPerSessionMax} reads that wait`;
    return [answer(session, command, rejected("limit_exceeded", reason))];
  }
  const links = { previous: undefined, next: undefined };
  const read: Read = { pipe, request, max, deadline: undefined, ...links };
  append(pipe.reads, read);
  pipe.own.readCount += 1;
  pipes.lastRead += 1;
  const answers = serve(pipes, pipe);
  // Unless it was served, it is the last that waits.
  if (waitMs !== undefined && pipe.reads.last === read) {
    const until = (at + waitMs) as TimeMs;
    read.deadline = addDeadline(pipes.deadlines, until, 0, pipes.lastRead, read);
  }
  return answers;
}

function changeSubscription(
  { byId, subscriptions }: Pipes,
  { type, pipe: id, filter }: SubscribePipe | UnsubscribePipe,
): PipeOutcome {
  const pipe = byId.get(id);
  if (pipe === undefined) return noSuchPipe;
  if (type === "subscribe_pipe") return subscribe(subscriptions, pipe, filter) ?? done;
  unsubscribe(subscriptions, pipe, filter);
  return done;
}

/** Forgets the pipe, its messages, its reads and its subscriptions. */
function end(pipes: Pipes, pipe: Pipe): void {
  const { owner, own, network, near } = pipe;
  for (const { deadline } of itemsIn(pipe.reads)) {
    own.readCount -= 1;
    if (deadline !== undefined) removeDeadline(pipes.deadlines, deadline);
  }
  unsubscribeFromAll(pipes.subscriptions, pipe);
  charge(pipes, pipe, -pipe.bytes);
  pipes.ready.delete(pipe);
  pipes.byId.delete(pipe.id);
  own.pipes.delete(pipe);
  if (own.pipes.size === 0) pipes.ofSession.delete(owner);
  near.count -= 1;
  if (near.count === 0 && network !== undefined) pipes.ofNetwork.delete(network);
}

/** The pipe, if it is the session's. */
function ownPipe({ byId }: Pipes, session: JoinedSession, id: PipeId): Pipe | undefined {
  const pipe = byId.get(id);
  return pipe?.owner === session ? pipe : undefined;
}

const done: PipeOutcome = { type: "pipe_done" };
const noSuchPipe: Rejection = rejected("not_found", "there is no such pipe here");
