import type { PipeId, RequestId, SessionId, TimeMs } from "../../src/core/ids.ts";
import type { FleetingLimits } from "../../src/fleeting/apply.ts";
import type { PipeCommand, PipeMessage, PipeRead } from "../../src/fleeting/pipes.ts";
import type { Event, Filter } from "../../src/fleeting/topics.ts";

export interface ModelPipeAnswer {
  readonly type: "pipe_answer";
  readonly session: SessionId;
  readonly request: RequestId;
  /** Of a rejection the code alone. */
  readonly outcome: string | PipeRead;
}

/** The naive pipes: lists, from which everything else is counted when it is needed. */
export interface PipeModel {
  perform(at: TimeMs, command: PipeCommand): readonly ModelPipeAnswer[];
  /** Puts the event into these pipes. */
  pour(pipes: readonly PipeId[], event: Event): readonly ModelPipeAnswer[];
  /** Ends the pipes of a session. */
  leave(session: SessionId): void;
  tick(at: TimeMs): readonly ModelPipeAnswer[];
  deadlines(): readonly TimeMs[];
  bytes(): number;
}

/** What pipes need of the rest of the plane. */
export interface PipeModelContext {
  networkOf(session: SessionId): string | undefined;
  isJoined(session: SessionId): boolean;
  /** Returns whether the pipe may have the subscription. */
  subscribe(pipe: PipeId, network: string | undefined, filter: Filter): boolean;
  unsubscribe(pipe: PipeId, filter: Filter): void;
  /** The pipe is over. */
  forget(pipe: PipeId): void;
}

interface ModelPipe {
  readonly id: PipeId;
  readonly owner: SessionId;
  readonly network: string | undefined;
  readonly capacity: number;
  messages: PipeMessage[];
  lastNumber: number;
  drops: number;
  reads: ModelRead[];
}

interface ModelRead {
  readonly request: RequestId;
  readonly max: number;
  readonly until: TimeMs | undefined;
  readonly order: number;
}

export function createPipeModel(limits: FleetingLimits, context: PipeModelContext): PipeModel {
  let pipes: ModelPipe[] = [];
  let readCount = 0;

  function perform(at: TimeMs, command: PipeCommand): readonly ModelPipeAnswer[] {
    const { session, request, pipe: id } = command;
    if (!context.isJoined(session)) return [];
    const answer = (outcome: ModelPipeAnswer["outcome"]): ModelPipeAnswer => {
      return { type: "pipe_answer", session, request, outcome };
    };
    const pipe = pipes.find((each) => each.id === id);
    if (command.type === "open_pipe") return [answer(open(command))];
    if (pipe === undefined) return [answer("not_found")];
    const isOwn = pipe.owner === session;
    switch (command.type) {
      case "close_pipe": {
        if (!isOwn) return [answer("not_found")];
        const answers = pipe.reads.map((read) => finish(pipe, read));
        end(pipe);
        return [...answers, answer("pipe_done")];
      }
      case "write_pipe":
        return [...command.messages.flatMap((message) => add(pipe, message)), answer("pipe_done")];
      case "read_pipe": {
        if (!isOwn) return [answer("not_found")];
        const ofSession = pipes.filter(({ owner }) => owner === session);
        const waiting = sum(ofSession.map(({ reads }) => reads.length));
        const isWaiting = pipe.messages.length === 0;
        if (isWaiting && waiting >= limits.pipeReadsPerSessionMax)
          return [answer("limit_exceeded")];
        const { max, waitMs } = command;
        const until = waitMs === undefined ? undefined : ((at + waitMs) as TimeMs);
        readCount += 1;
        pipe.reads.push({ request, max, until, order: readCount });
        return serve(pipe);
      }
      case "subscribe_pipe":
        return [
          answer(
            context.subscribe(id, pipe.network, command.filter) ? "pipe_done" : "limit_exceeded",
          ),
        ];
      case "unsubscribe_pipe":
        context.unsubscribe(id, command.filter);
        return [answer("pipe_done")];
    }
  }

  function open(command: Extract<PipeCommand, { type: "open_pipe" }>): string {
    const { session: owner, pipe: id, capacity: wanted } = command;
    const network = context.networkOf(owner);
    if (pipes.some((each) => each.id === id)) return "already_exists";
    const near = network === undefined ? [] : pipes.filter((each) => each.network === network);
    const own = pipes.filter((each) => each.owner === owner);
    if (own.length >= limits.pipesPerSessionMax) return "limit_exceeded";
    if (near.length >= limits.pipesPerAddressMax) return "limit_exceeded";
    const capacity = Math.min(wanted, limits.pipeMessagesMax);
    pipes.push({ id, owner, network, capacity, messages: [], lastNumber: 0, drops: 0, reads: [] });
    return "pipe_done";
  }

  /** Reads get what is there before the pipe drops anything; otherwise they wait for a tick. */
  function add(pipe: ModelPipe, content: string | Event): readonly ModelPipeAnswer[] {
    pipe.lastNumber += 1;
    const message = { number: pipe.lastNumber, content };
    const answers = hasRoom(pipe, message) ? [] : serve(pipe);
    if (hasRoom(pipe, message)) pipe.messages.push(message);
    else pipe.drops += 1;
    return answers;
  }

  function hasRoom(pipe: ModelPipe, message: PipeMessage): boolean {
    const own = pipes.filter(({ owner }) => owner === pipe.owner);
    const near = pipes.filter(({ network }) => network !== undefined && network === pipe.network);
    const isWithin = (some: readonly ModelPipe[], max: number) =>
      bytesIn(some) + bytesOf(message) <= max;
    return (
      pipe.messages.length < pipe.capacity &&
      isWithin([pipe], limits.pipeBytesMax) &&
      isWithin(own, limits.pipeBytesPerSessionMax) &&
      isWithin(near, limits.pipeBytesPerAddressMax) &&
      isWithin(pipes, limits.pipeBytesOfAllMax)
    );
  }

  function serve(pipe: ModelPipe): readonly ModelPipeAnswer[] {
    const answers: ModelPipeAnswer[] = [];
    for (const read of [...pipe.reads]) {
      if (pipe.messages.length > 0) answers.push(finish(pipe, read));
    }
    return answers;
  }

  function finish(pipe: ModelPipe, read: ModelRead): ModelPipeAnswer {
    pipe.reads = pipe.reads.filter((each) => each !== read);
    const messages = pipe.messages.filter((_, place) => {
      const upToIt = pipe.messages.slice(0, place + 1);
      const isWithin = sum(upToIt.map(bytesOf)) <= limits.pipeReadBytesMax;
      return place === 0 || (place < read.max && isWithin);
    });
    pipe.messages = pipe.messages.slice(messages.length);
    const { drops } = pipe;
    pipe.drops = 0;
    const outcome = { type: "pipe_read", messages, waiting: pipe.messages.length, drops } as const;
    return { type: "pipe_answer", session: pipe.owner, request: read.request, outcome };
  }

  function end(pipe: ModelPipe): void {
    pipes = pipes.filter((each) => each !== pipe);
    context.forget(pipe.id);
  }

  return {
    perform,
    pour(ids, event) {
      const receiving = ids.flatMap((id) => pipes.find((pipe) => pipe.id === id) ?? []);
      return receiving.flatMap((pipe) => add(pipe, event));
    },
    leave(session) {
      for (const pipe of pipes.filter(({ owner }) => owner === session)) end(pipe);
    },
    tick(at) {
      const served = pipes.flatMap(serve);
      const due = pipes
        .flatMap((pipe) => pipe.reads.map((read) => ({ pipe, read })))
        .filter(({ read }) => read.until !== undefined && read.until <= at)
        .sort((a, b) => Number(a.read.until) - Number(b.read.until) || a.read.order - b.read.order);
      return [...served, ...due.map(({ pipe, read }) => finish(pipe, read))];
    },
    deadlines() {
      const isReady = pipes.some(({ messages, reads }) => messages.length > 0 && reads.length > 0);
      const ends = pipes.flatMap(({ reads }) => reads.flatMap(({ until }) => until ?? []));
      return isReady ? [Number.NEGATIVE_INFINITY as TimeMs] : ends;
    },
    bytes: () => bytesIn(pipes),
  };
}

function bytesIn(pipes: readonly ModelPipe[]): number {
  return sum(pipes.flatMap(({ messages }) => messages.map(bytesOf)));
}

function bytesOf({ content }: PipeMessage): number {
  if (typeof content === "string") return 128 + content.length;
  return 128 + content.topic.length + (content.payload ?? "").length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
