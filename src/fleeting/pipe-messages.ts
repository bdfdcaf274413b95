/** What comes into pipes, and what is read from them. */
import { append, itemsIn, unlink } from "../core/chain.ts";
import { removeDeadline } from "../core/deadlines.ts";
import type { RequestId } from "../core/ids.ts";
import type { Pipe, Pipes, Read } from "./pipe-state.ts";
import type { PipeAnswer, PipeMessage, PipeOutcome, PipeRead } from "./pipes.ts";
import type { JoinedSession } from "./sessions.ts";
import type { Event } from "./topics.ts";

/** Memory for a message beside its text, in bytes. */
export const messageBytes = 128;

/**
 * Adds the message, or drops it where there is no room. A read that waits is answered by the next tick, with all that has
 * come by then; only where there is no room it is answered at once. Returns these answers.
 */
export function add(
  pipes: Pipes,
  pipe: Pipe,
  content: string | Event,
  bytes: number,
): readonly PipeAnswer[] {
  pipe.lastNumber += 1;
  const isFull = !hasRoom(pipes, pipe, bytes);
  const answers = isFull ? serve(pipes, pipe) : noAnswers;
  if (isFull && !hasRoom(pipes, pipe, bytes)) {
    pipe.drops += 1;
    pipes.droppedCount += 1;
    return answers;
  }
  const links = { previous: undefined, next: undefined };
  append(pipe.messages, { number: pipe.lastNumber, content, bytes, ...links });
  pipe.messageCount += 1;
  charge(pipes, pipe, bytes);
  if (pipe.reads.first !== undefined) pipes.ready.add(pipe);
  return answers;
}

const noAnswers: readonly PipeAnswer[] = [];

function hasRoom({ limits, bytes: all }: Pipes, pipe: Pipe, bytes: number): boolean {
  return (
    pipe.messageCount < pipe.capacity &&
    pipe.bytes + bytes <= limits.pipeBytesMax &&
    pipe.own.bytes + bytes <= limits.pipeBytesPerSessionMax &&
    pipe.near.bytes + bytes <= limits.pipeBytesPerAddressMax &&
    all + bytes <= limits.pipeBytesOfAllMax
  );
}

export function charge(pipes: Pipes, pipe: Pipe, bytes: number): void {
  pipe.bytes += bytes;
  pipe.own.bytes += bytes;
  pipe.near.bytes += bytes;
  pipes.bytes += bytes;
}

/** Answers the reads that messages have come for. */
export function serveReady(pipes: Pipes): readonly PipeAnswer[] {
  const answers: PipeAnswer[] = [];
  for (const pipe of pipes.ready) answers.push(...serve(pipes, pipe));
  return answers;
}

/** Ends reads while there are messages for them. */
export function serve(pipes: Pipes, pipe: Pipe): readonly PipeAnswer[] {
  const answers: PipeAnswer[] = [];
  for (const read of itemsIn(pipe.reads)) {
    if (pipe.messageCount === 0) break;
    answers.push(finish(pipes, read));
  }
  pipes.ready.delete(pipe);
  return answers;
}

/** Ends the read with what there is for it. */
export function finish(pipes: Pipes, read: Read): PipeAnswer {
  const { pipe, request, max, deadline } = read;
  unlink(pipe.reads, read);
  pipe.own.readCount -= 1;
  if (deadline !== undefined) removeDeadline(pipes.deadlines, deadline);
  const messages = take(pipes, pipe, max);
  const { messageCount: waiting, drops } = pipe;
  pipe.drops = 0;
  const outcome: PipeRead = { type: "pipe_read", messages, waiting, drops };
  return answer(pipe.owner, { request }, outcome);
}

function take(pipes: Pipes, pipe: Pipe, max: number): readonly PipeMessage[] {
  const taken: PipeMessage[] = [];
  let room = pipes.limits.pipeReadBytesMax;
  for (const message of itemsIn(pipe.messages)) {
    const { number, content, bytes } = message;
    if (taken.length >= max || (taken.length > 0 && bytes > room)) break;
    room -= bytes;
    unlink(pipe.messages, message);
    pipe.messageCount -= 1;
    charge(pipes, pipe, -bytes);
    taken.push({ number, content });
  }
  return taken;
}

export function answer(
  session: JoinedSession,
  { request }: { readonly request: RequestId },
  outcome: PipeOutcome,
): PipeAnswer {
  return { type: "pipe_answer", session, request, outcome };
}
