import type { SessionId, TimeMs } from "../ids.ts";
import type { TaskResult } from "./commands.ts";
import type { Task } from "./state.ts";

/** Tells those who watch tasks what happened to one. */
export interface TaskActionNotice {
  readonly type: "task_action";
  readonly task: Task;
  readonly at: TimeMs;
  readonly action: TaskAction;
}

export type TaskAction =
  /** `attempts`: how often it may be pulled, with this time. */
  | { readonly type: "pushed"; readonly by: SessionId; readonly attempts: number }
  | {
      readonly type: "pulled";
      readonly by: SessionId;
      readonly user: string;
      readonly attempts: number;
    }
  | { readonly type: "finished"; readonly result: TaskResult }
  | { readonly type: "rejected" }
  | { readonly type: "cancelled" }
  | { readonly type: "timed_out" }
  | { readonly type: "attempts_spent" }
  | { readonly type: "pusher_gone" }
  | { readonly type: "worker_gone" };
