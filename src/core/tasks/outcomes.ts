import type { FencingToken, TaskId, TimeMs } from "../ids.ts";
import type { PushTask, TaskResult } from "./commands.ts";

export type TaskOutcome =
  | TaskPushed
  | PullWaiting
  | TaskPulled
  | TaskSettled
  | TasksCancelled
  | TaskDone
  | TaskLost;

/** The task waits, or somebody works at it already. Unless it is detached, `task_done` or a rejection follows. */
export interface TaskPushed {
  readonly type: "task_pushed";
}

/** There is no task; `task_pulled` or a rejection follows. */
export interface PullWaiting {
  readonly type: "pull_waiting";
}

/** The session works at the task from now on. */
export interface TaskPulled
  extends Pick<PushTask, "task" | "path" | "method" | "params" | "priority" | "user" | "tags"> {
  readonly type: "task_pulled";
  readonly isDetached: boolean;
  /** How often it may be pulled, with this time. */
  readonly attempts: number;
  readonly pushedAt: TimeMs;
  readonly deadline: TimeMs;
  readonly token: FencingToken;
}

/** The worker has given the task away, with a result or without one. */
export interface TaskSettled {
  readonly type: "task_settled";
}

export interface TasksCancelled {
  readonly type: "tasks_cancelled";
}

/** What came of a push. */
export interface TaskDone {
  readonly type: "task_done";
  readonly result: TaskResult;
}

/** Tells a worker, under its pull, that what comes of its task matters no more. */
export interface TaskLost {
  readonly type: "task_lost";
  readonly task: TaskId;
  readonly token: FencingToken;
  readonly reason: TaskLossReason;
}

export type TaskLossReason =
  | "cancelled"
  | "timeout"
  /** Its pusher is gone. */
  | "abandoned"
  /** Somebody with the right to do so has settled it. */
  | "settled_by_other";
