/**
 * Pipes: what sessions ask of them, and what they are answered. A pipe is a bounded queue of a session: anybody who knows
 * its id writes, it can be subscribed to topics, and only its owner reads. It ends with its session.
 */
import type { PipeId, RequestId, SessionId } from "../core/ids.ts";
import type { Rejection } from "../core/rejection.ts";
import type { JoinedSession } from "./sessions.ts";
import type { Event, Filter } from "./topics.ts";

export type PipeCommand =
  | OpenPipe
  | ClosePipe
  | WritePipe
  | ReadPipe
  | SubscribePipe
  | UnsubscribePipe;

interface PipeRequest {
  readonly session: SessionId;
  readonly request: RequestId;
  readonly pipe: PipeId;
}

/** Makes a pipe of the session. */
export interface OpenPipe extends PipeRequest {
  readonly type: "open_pipe";
  /** Messages that it holds at most; further ones are dropped until some were read. */
  readonly capacity: number;
}

/** The owner ends the pipe; reads that wait get nothing. */
export interface ClosePipe extends PipeRequest {
  readonly type: "close_pipe";
}

/** Adds messages, in order. */
export interface WritePipe extends PipeRequest {
  readonly type: "write_pipe";
  /** JSON, each. */
  readonly messages: readonly string[];
}

/** The owner takes the oldest messages, or waits for one. Reads are served in their order. */
export interface ReadPipe extends PipeRequest {
  readonly type: "read_pipe";
  /** Messages, at most; fewer when they are large. */
  readonly max: number;
  /** Absent: for ever. */
  readonly waitMs?: number;
}

/** Adds every event of these topics from now on. Repeating it changes nothing. */
export interface SubscribePipe extends PipeRequest {
  readonly type: "subscribe_pipe";
  readonly filter: Filter;
}

/** Without the subscription it changes nothing. */
export interface UnsubscribePipe extends PipeRequest {
  readonly type: "unsubscribe_pipe";
  readonly filter: Filter;
}

/** Answers a command. */
export interface PipeAnswer {
  readonly type: "pipe_answer";
  readonly session: JoinedSession;
  readonly request: RequestId;
  readonly outcome: PipeOutcome;
}

export type PipeOutcome = PipeDone | PipeRead | Rejection;

export interface PipeDone {
  readonly type: "pipe_done";
}

/** Without messages when none came in time, and when the pipe was closed. */
export interface PipeRead {
  readonly type: "pipe_read";
  readonly messages: readonly PipeMessage[];
  /** Messages that are left. */
  readonly waiting: number;
  /** Messages that were dropped since the read before. */
  readonly drops: number;
}

export interface PipeMessage {
  /** Its number in the pipe, from 1; those that were dropped have one, too. */
  readonly number: number;
  /** What was written, as JSON, or the event of a topic. */
  readonly content: string | Event;
}

export interface PipeLimits {
  /** The capacity of any pipe. */
  readonly pipeMessagesMax: number;
  readonly pipesPerSessionMax: number;
  /** Of all sessions whose connections come from one address, or one /64 of IPv6. */
  readonly pipesPerAddressMax: number;
  /** Reads of one session that wait. */
  readonly pipeReadsPerSessionMax: number;
  /** Bytes of the messages in one pipe, in all pipes of a session, of an address, and of the node. */
  readonly pipeBytesMax: number;
  readonly pipeBytesPerSessionMax: number;
  readonly pipeBytesPerAddressMax: number;
  readonly pipeBytesOfAllMax: number;
  /** Bytes of the messages that one read gets, unless the first alone has more. */
  readonly pipeReadBytesMax: number;
}

export const pipeLimitsDefault: PipeLimits = {
  pipeMessagesMax: 100_000,
  pipesPerSessionMax: 10_000,
  pipesPerAddressMax: 100_000,
  pipeReadsPerSessionMax: 10_000,
  pipeBytesMax: 16 * 1024 * 1024,
  pipeBytesPerSessionMax: 64 * 1024 * 1024,
  pipeBytesPerAddressMax: 128 * 1024 * 1024,
  pipeBytesOfAllMax: 256 * 1024 * 1024,
  pipeReadBytesMax: 3 * 1024 * 1024,
};
