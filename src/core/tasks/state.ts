/** What the core keeps of tasks. */
import type { Belonging, Belongings } from "../belongings.ts";
import { type Chain, type Chained, createChain } from "../chain.ts";
import type { Deadline, Deadlines } from "../deadlines.ts";
import type { Heap, Place } from "../heap.ts";
import type {
  FencingToken,
  JsonText,
  LogIndex,
  RequestId,
  SessionId,
  TaskId,
  TimeMs,
} from "../ids.ts";
import type { Share } from "../shares.ts";
import { createTable, type Listed, type Table } from "../table.ts";
import type { Vacancy } from "../vacancies.ts";
import type { TaskPath } from "./commands.ts";

export interface Tasks {
  readonly byId: Table<Task>;
  readonly root: TaskNode;
  /** All others, in the order in which they were made. */
  readonly nodes: Chain<TaskNode>;
  /** Ends of tasks, and of waits for them. */
  readonly deadlines: Deadlines<Task>;
  readonly pullDeadlines: Deadlines<Pull>;
}

/** A path, or the beginning of one; there is one while it, or what begins with it, has a task or a pull. */
export interface TaskNode extends Listed<TaskNode>, Chained<TaskNode> {
  /** `undefined` for the root. */
  readonly parent: TaskNode | undefined;
  /** The last label of the path. */
  readonly name: string;
  readonly path: TaskPath;
  /** Of the address that needed it first. */
  readonly share: Share | undefined;
  /** As costs.ts counts them. */
  readonly bytes: number;
  children: Table<TaskNode> | undefined;
  /** In the order in which they were pushed. */
  readonly tasks: Chain<Task>;
  /** Those that nobody works at: the next comes first. */
  readonly waiting: Heap<Task>;
  /** The oldest first. There are none while a task waits. */
  readonly pulls: Chain<Pull>;
  /** Here and below. */
  taskCount: number;
  pullCount: number;
}

/** Pushes tasks, pulls them, and works at them: a session. */
export interface TaskParty {
  readonly id: SessionId;
  /** Whether it can be told anything. */
  readonly isAttached: boolean;
  readonly share: Share | undefined;
  readonly vacancies: readonly Vacancy[];
  /** `undefined` while there are none. */
  tasks: OwnTasks | undefined;
}

export interface OwnTasks {
  /** Those that end with it. */
  readonly pushes: Belongings<Task>;
  readonly pulls: Belongings<Pull>;
  readonly attempts: Belongings<Attempt>;
}

/** What the log says about a task. The state and the snapshot keep the same. */
export interface TaskFacts {
  readonly name: TaskId;
  readonly method: string;
  readonly params: JsonText;
  readonly priority: number;
  readonly user: string;
  readonly tags: JsonText;
  readonly request: RequestId;
  readonly acceptedIndex: LogIndex;
  readonly acceptedAt: TimeMs;
  /** How often it may be pulled, with the present time. */
  attempts: number;
  /** When its time is over. */
  readonly until: TimeMs;
}

/** A task from its push to its end; chained with the others of its path. */
export interface Task extends TaskFacts, Belonging, Chained<Task>, Listed<Task> {
  readonly name: TaskId;
  readonly node: TaskNode;
  /** Learns what comes of it; `undefined` if it is detached. */
  readonly pusher: TaskParty | undefined;
  readonly share: Share | undefined;
  /** `undefined` while it is being added. */
  deadline: Deadline<Task> | undefined;
  /** Among those that wait. */
  place: Place<Task> | undefined;
  /** Who works at it. */
  attempt: Attempt | undefined;
}

/** What the log says about somebody who works at a task. */
export interface AttemptFacts {
  /** Of the pull. */
  readonly request: RequestId;
  readonly token: FencingToken;
  /** The entry in which it began. */
  readonly acceptedIndex: LogIndex;
  readonly since: TimeMs;
}

export interface Attempt extends AttemptFacts, Belonging {
  readonly task: Task;
  readonly worker: TaskParty;
}

/** What the log says about a pull that waits. */
export interface PullFacts {
  readonly request: RequestId;
  readonly user: string;
  readonly acceptedIndex: LogIndex;
  readonly acceptedAt: TimeMs;
  readonly until: TimeMs;
}

/** A pull that waits; chained with the others of its path. */
export interface Pull extends PullFacts, Belonging, Chained<Pull> {
  readonly node: TaskNode;
  readonly puller: TaskParty;
  /** `undefined` while it is being added. */
  deadline: Deadline<Pull> | undefined;
}

export function createTasks(): Tasks {
  return {
    byId: createTable(),
    root: createTaskNode({ parent: undefined, name: "", path: "", share: undefined, bytes: 0 }),
    nodes: createChain(),
    deadlines: [],
    pullDeadlines: [],
  };
}

export function createTaskNode(
  facts: Pick<TaskNode, "parent" | "name" | "path" | "share" | "bytes">,
): TaskNode {
  return {
    parent: facts.parent,
    name: facts.name,
    path: facts.path,
    share: facts.share,
    bytes: facts.bytes,
    children: undefined,
    tasks: createChain(),
    waiting: [],
    pulls: createChain(),
    taskCount: 0,
    pullCount: 0,
    hash: 0,
    following: undefined,
    previous: undefined,
    next: undefined,
  };
}
