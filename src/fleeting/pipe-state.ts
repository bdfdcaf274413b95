/** What a node keeps of pipes. */
import type { Chain, Chained } from "../core/chain.ts";
import type { Deadline, Deadlines } from "../core/deadlines.ts";
import type { PipeId, RequestId } from "../core/ids.ts";
import type { PipeLimits, PipeMessage } from "./pipes.ts";
import type { JoinedSession } from "./sessions.ts";
import {
  createSubscriptions,
  type NetworkCounts,
  type Subscriber,
  type Subscriptions,
} from "./subscriptions.ts";
import type { TopicLimits } from "./topics.ts";

export interface Pipes {
  readonly limits: PipeLimits;
  readonly byId: Map<PipeId, Pipe>;
  readonly subscriptions: Subscriptions<Pipe>;
  /** Only sessions with pipes. */
  readonly ofSession: Map<JoinedSession, OwnPipes>;
  /** Only networks with pipes. */
  readonly ofNetwork: Map<string, NetworkPipes>;
  /** Ends of the waits of reads. */
  readonly deadlines: Deadlines<Read>;
  /** Pipes with messages for reads that wait. */
  readonly ready: Set<Pipe>;
  /** Reads so far; the number of the last. */
  lastRead: number;
  /** Of all messages. */
  bytes: number;
  /** Messages that were dropped since the beginning. */
  droppedCount: number;
}

export interface OwnPipes {
  readonly pipes: Set<Pipe>;
  /** Of the messages in them. */
  bytes: number;
  /** Reads that wait. */
  readCount: number;
}

/** The pipes of all sessions whose connections come from one address, or one /64 of IPv6. */
export interface NetworkPipes {
  count: number;
  /** Of the messages in them. */
  bytes: number;
}

export interface Pipe extends Subscriber {
  readonly id: PipeId;
  readonly owner: JoinedSession;
  readonly own: OwnPipes;
  /** Of this pipe alone if the network is unknown. */
  readonly near: NetworkPipes;
  readonly capacity: number;
  readonly messages: Chain<Message>;
  messageCount: number;
  bytes: number;
  /** The number of its last message. */
  lastNumber: number;
  /** Messages that were dropped since the last read. */
  drops: number;
  /** Those that wait, the first first. */
  readonly reads: Chain<Read>;
}

export interface Message extends PipeMessage, Chained<Message> {
  readonly bytes: number;
}

export interface Read extends Chained<Read> {
  readonly pipe: Pipe;
  readonly request: RequestId;
  readonly max: number;
  deadline: Deadline<Read> | undefined;
}

export function createPipes(
  limits: PipeLimits & TopicLimits,
  subscriptionCounts: NetworkCounts,
): Pipes {
  return {
    limits,
    byId: new Map(),
    subscriptions: createSubscriptions(limits, subscriptionCounts),
    ofSession: new Map(),
    ofNetwork: new Map(),
    deadlines: [],
    ready: new Set(),
    lastRead: 0,
    bytes: 0,
    droppedCount: 0,
  };
}
