import type { FencingToken, JsonText, RequestId, TaskId } from "../ids.ts";
import { type Requested, reserveShares, type TraitsTable } from "../traits.ts";

export type TaskCommand = PushTask | PullTask | FinishTask | RejectTask | CancelTask;

export const taskTraits = {
  push_task: { sender: "session", reserveShare: reserveShares.none },
  pull_task: { sender: "session", reserveShare: reserveShares.none },
  // Who may do anything needs no session for it.
  finish_task: { sender: "anyone", reserveShare: reserveShares.giving },
  reject_task: { sender: "anyone", reserveShare: reserveShares.giving },
  cancel_task: { sender: "anyone", reserveShare: reserveShares.giving },
} as const satisfies TraitsTable<TaskCommand>;

/** Labels, each with a dot behind it; in `.` the only label is empty. */
export type TaskPath = string;

/** Asks whoever pulls from the path to do something. The session learns what came of it. */
export interface PushTask extends Requested {
  readonly type: "push_task";
  readonly task: TaskId;
  readonly path: TaskPath;
  readonly method: string;
  readonly params: JsonText;
  /** Higher ones first; a whole number. */
  readonly priority: number;
  /** How often it may be pulled, at least once. */
  readonly attempts: number;
  /** From now to its end, whether or not somebody works at it. */
  readonly timeoutMs: number;
  /** It outlives its session, and nobody learns what came of it. */
  readonly isDetached?: true;
  /** The user who asks, and the user's tags at the task, for the worker to see. */
  readonly user: string;
  readonly tags: JsonText;
}

/** Asks for the next task of exactly this path, or waits for one. */
export interface PullTask extends Requested {
  readonly type: "pull_task";
  readonly path: TaskPath;
  readonly timeoutMs: number;
  readonly user: string;
}

/** Names a task that somebody works at. */
export interface Attempted extends Requested {
  readonly task: TaskId;
  /** The attempt; absent: the one that the session is at. */
  readonly token?: FencingToken;
  /** The session need not be at the task, and perhaps nobody is. */
  readonly isForced?: true;
}

/** Ends the task with what came of it. */
export interface FinishTask extends Attempted {
  readonly type: "finish_task";
  readonly result: TaskResult;
}

export type TaskResult =
  | { readonly type: "value"; readonly value: JsonText }
  | {
      readonly type: "error";
      readonly code: number;
      readonly message: string;
      readonly data?: JsonText;
    };

/** Gives the task back, for another attempt if it has one left. */
export interface RejectTask extends Attempted {
  readonly type: "reject_task";
}

/** Ends tasks and pulls without a result. */
export interface CancelTask extends Requested {
  readonly type: "cancel_task";
  readonly target: CancelTarget;
}

export type CancelTarget =
  /** Pushes and pulls of the session, by their requests. */
  | { readonly type: "requests"; readonly requests: readonly RequestId[] }
  /** A task that the session has pushed; any task, if it is forced. */
  | { readonly type: "task"; readonly task: TaskId; readonly isForced?: true };
