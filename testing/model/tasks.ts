import type {
  CancelTask,
  Entry,
  FinishTask,
  PullTask,
  PushTask,
  RejectTask,
} from "../../src/core/command.ts";
import { pullBytes, taskBytes, taskNodeBytes } from "../../src/core/costs.ts";
import type { TaskLossReason } from "../../src/core/effect.ts";
import type { FencingToken, LogIndex, RequestId, SessionId, TimeMs } from "../../src/core/ids.ts";
import { durationMsMax } from "../../src/core/limits.ts";
import { type Rejection, type RejectionCode, rejected } from "../../src/core/rejection.ts";
import { hasRoom } from "./budget.ts";
import { addressOf, after, type ModelSession, type ModelState, tell } from "./state.ts";

/** A task from its push to its end. */
export interface ModelTask {
  readonly command: PushTask;
  readonly index: LogIndex;
  readonly at: TimeMs;
  readonly until: TimeMs;
  readonly bytes: number;
  /** Who pays for it. */
  readonly address: string | undefined;
  attempts: number;
  /** Who works at it. */
  worker: ModelWorker | undefined;
}

interface ModelWorker {
  readonly session: SessionId;
  /** Of the pull. */
  readonly request: RequestId;
  readonly token: FencingToken;
}

/** A pull that waits. */
export interface ModelPull {
  readonly command: PullTask;
  readonly session: SessionId;
  readonly request: RequestId;
  readonly index: LogIndex;
  readonly until: TimeMs;
  readonly bytes: number;
  readonly address: string | undefined;
}

/** The beginning of a path, up to one of its dots, and who needed it first. */
export interface ModelTaskPath {
  readonly path: string;
  readonly address: string | undefined;
  readonly bytes: number;
}

export function pushTask(
  state: ModelState,
  { index, at, command }: Entry<PushTask>,
): RejectionCode | undefined {
  const { task, path, method, priority, attempts, timeoutMs, session } = command;
  if (!Number.isSafeInteger(priority)) return "invalid_argument";
  if (!Number.isSafeInteger(attempts) || attempts < 1) return "invalid_argument";
  if (state.tasks.some((other) => other.command.task === task)) return "already_exists";
  const address = addressOf(state, session);
  const bytes = taskBytes({ ...command, name: task });
  const refusal =
    malformed(state, path, path + method, timeoutMs) ??
    tooMuch(state, command) ??
    beyondBudget(state, { path, address, bytes }, at);
  if (refusal !== undefined) return refusal;
  notePath(state, path, address);
  const until = after(at, timeoutMs);
  state.tasks.push({ command, index, at, until, bytes, address, attempts, worker: undefined });
  tell(state, command, { type: "task_pushed" });
  serve(state, path);
  return undefined;
}

export function pullTask(
  state: ModelState,
  { index, at, command }: Entry<PullTask>,
): RejectionCode | undefined {
  const { path, timeoutMs, session, request } = command;
  const address = addressOf(state, session);
  const bytes = pullBytes(command);
  const refusal =
    malformed(state, path, path, timeoutMs) ??
    tooMuch(state, command) ??
    beyondBudget(state, { path, address, bytes }, at);
  if (refusal !== undefined) return refusal;
  notePath(state, path, address);
  const until = after(at, timeoutMs);
  state.pulls.push({ command, session, request, index, until, bytes, address });
  if (waitingAt(state, path).length === 0) tell(state, command, { type: "pull_waiting" });
  serve(state, path);
  return undefined;
}

export function finishTask(
  state: ModelState,
  { command }: Entry<FinishTask>,
): RejectionCode | undefined {
  const task = settled(state, command);
  if (typeof task === "string") return task;
  endTask(state, task, { type: "task_done", result: command.result });
  return undefined;
}

export function rejectTask(
  state: ModelState,
  { command }: Entry<RejectTask>,
): RejectionCode | undefined {
  const task = settled(state, command);
  if (typeof task === "string") return task;
  giveBack(state, task, 1);
  return undefined;
}

export function cancelTask(
  state: ModelState,
  { command }: Entry<CancelTask>,
): RejectionCode | undefined {
  const { session, target } = command;
  const pulls = state.pulls.filter(
    (pull) =>
      target.type === "requests" &&
      pull.session === session &&
      target.requests.includes(pull.request),
  );
  const tasks = state.tasks.filter((task) => {
    const isOwn = pusherOf(task) === session;
    if (target.type === "requests") return isOwn && target.requests.includes(task.command.request);
    return task.command.task === target.task && (isOwn || target.isForced === true);
  });
  if (pulls.length + tasks.length === 0) return "not_found";
  tell(state, command, { type: "tasks_cancelled" });
  const inOrder = <Item>(items: readonly Item[], requestOf: (item: Item) => RequestId) =>
    target.type === "task"
      ? items
      : target.requests.flatMap((request, place) =>
          target.requests.indexOf(request) === place
            ? items.filter((item) => requestOf(item) === request)
            : [],
        );
  for (const pull of inOrder(pulls, ({ request }) => request)) endPull(state, pull, "cancelled");
  for (const task of inOrder(tasks, ({ command: { request } }) => request)) {
    takeAway(state, task, "cancelled");
    endTask(state, task, rejected("cancelled", ""));
  }
  return undefined;
}

/** What the pulls got, and the client was never told of, goes back. */
export function takeBack(
  state: ModelState,
  session: SessionId,
  requests: readonly RequestId[],
): void {
  for (const request of requests) {
    const task = state.tasks.find(
      ({ worker }) => worker?.session === session && worker.request === request,
    );
    if (task !== undefined) giveBack(state, task, 0);
  }
}

export function endPulls(state: ModelState, sessions: readonly ModelSession[]): void {
  state.pulls = state.pulls.filter(
    (pull) => !sessions.some(({ session }) => session === pull.session),
  );
  forgetPaths(state);
}

/** First all that the sessions wait for ends, and then what they were at goes back. */
export function endTasks(state: ModelState, sessions: readonly ModelSession[]): void {
  for (const { session, isAttached } of sessions) {
    for (const pull of state.pulls.filter((each) => each.session === session)) {
      endPull(state, pull, isAttached ? "session_ended" : undefined);
    }
    for (const task of state.tasks.filter((each) => pusherOf(each) === session)) {
      takeAway(state, task, "abandoned");
      endTask(state, task, isAttached ? rejected("session_ended", "") : undefined);
    }
  }
  const left = state.tasks
    .filter(({ worker }) => sessions.some(({ session }) => session === worker?.session))
    .sort((a, b) => (a.worker?.token ?? 0) - (b.worker?.token ?? 0));
  for (const task of left) giveBack(state, task, 1);
}

export function expireTask(state: ModelState, task: ModelTask): void {
  takeAway(state, task, "timeout");
  endTask(state, task, rejected("wait_timeout", ""));
}

export function endPull(state: ModelState, pull: ModelPull, code: RejectionCode | undefined): void {
  if (code !== undefined) tell(state, pull, rejected(code, ""));
  state.pulls = state.pulls.filter((other) => other !== pull);
  forgetPaths(state);
}

/** Whether it has pushed, pulls, or works at anything that ends with it. */
export function hasTasks(state: ModelState, session: SessionId): boolean {
  return countOf(state, session) > 0;
}

function countOf({ tasks, pulls }: ModelState, session: SessionId): number {
  return [
    ...tasks.filter((task) => pusherOf(task) === session),
    ...tasks.filter(({ worker }) => worker?.session === session),
    ...pulls.filter((pull) => pull.session === session),
  ].length;
}

/** Nobody hears what comes of a detached one. */
function pusherOf({ command: { session, isDetached } }: ModelTask): SessionId | undefined {
  return isDetached ? undefined : session;
}

/** Of the highest priority first, of these the oldest. */
function waitingAt({ tasks }: ModelState, path: string): readonly ModelTask[] {
  return tasks
    .filter(({ command, worker }) => command.path === path && worker === undefined)
    .sort((a, b) => b.command.priority - a.command.priority || a.index - b.index);
}

function serve(state: ModelState, path: string): void {
  for (;;) {
    const [task] = waitingAt(state, path);
    const pull = state.pulls.find(({ command }) => command.path === path);
    if (task === undefined || pull === undefined) return;
    state.lastToken++;
    const token = state.lastToken as FencingToken;
    const { session, request } = pull;
    state.pulls = state.pulls.filter((other) => other !== pull);
    task.worker = { session, request, token };
    const { method, params, priority, user, tags, isDetached } = task.command;
    tell(state, pull, {
      type: "task_pulled",
      task: task.command.task,
      path,
      method,
      params,
      priority,
      user,
      tags,
      isDetached: isDetached === true,
      attempts: task.attempts,
      pushedAt: task.at,
      deadline: task.until,
      token,
    });
  }
}

/** Answers who settles the task, and takes it from whoever else is at it. */
function settled(state: ModelState, command: FinishTask | RejectTask): ModelTask | RejectionCode {
  const { session, token, isForced } = command;
  const task = state.tasks.find((other) => other.command.task === command.task);
  if (task === undefined) return "not_found";
  const { worker } = task;
  const isAtIt = isForced || worker?.session === session;
  if (!isAtIt || (token !== undefined && token !== worker?.token)) return "not_holder";
  tell(state, command, { type: "task_settled" });
  if (worker?.session !== session) takeAway(state, task, "settled_by_other");
  return task;
}

function takeAway(state: ModelState, task: ModelTask, reason: TaskLossReason): void {
  const { worker } = task;
  if (worker === undefined) return;
  task.worker = undefined;
  const { token } = worker;
  tell(state, worker, { type: "task_lost", task: task.command.task, token, reason });
}

function giveBack(state: ModelState, task: ModelTask, used: 0 | 1): void {
  task.worker = undefined;
  task.attempts -= used;
  if (task.attempts === 0) endTask(state, task, rejected("attempts_spent", ""));
  else serve(state, task.command.path);
}

type PusherOutcome = Rejection | Extract<Parameters<typeof tell>[2], { type: "task_done" }>;

function endTask(state: ModelState, task: ModelTask, outcome: PusherOutcome | undefined): void {
  const { request } = task.command;
  if (outcome !== undefined) tell(state, { session: pusherOf(task), request }, outcome);
  state.tasks = state.tasks.filter((other) => other !== task);
  forgetPaths(state);
}

/** What is wrong with the path and the timeout; `name` is all of the task's name. */
function malformed(
  { limits }: ModelState,
  path: string,
  name: string,
  timeoutMs: number,
): RejectionCode | undefined {
  if (!path.endsWith(".")) return "invalid_argument";
  const labels = path.split(".").length - 1;
  const isTooLong = Buffer.byteLength(name) > limits.nameBytesMax;
  if (isTooLong || labels > limits.pathSegmentsMax) return "limit_exceeded";
  const isDuration = Number.isInteger(timeoutMs) && timeoutMs > 0 && timeoutMs <= durationMsMax;
  return isDuration ? undefined : "invalid_argument";
}

function tooMuch(
  state: ModelState,
  { session, request }: PushTask | PullTask,
): RejectionCode | undefined {
  const { tasks, pulls, limits } = state;
  const isInUse =
    tasks.some((task) => pusherOf(task) === session && task.command.request === request) ||
    tasks.some(({ worker }) => worker?.session === session && worker.request === request) ||
    pulls.some((pull) => pull.session === session && pull.request === request);
  if (isInUse) return "invalid_argument";
  return countOf(state, session) < limits.tasksPerSessionMax ? undefined : "limit_exceeded";
}

interface Wanted {
  readonly path: string;
  readonly address: string | undefined;
  readonly bytes: number;
}

/** Its path counts as if nothing else were there. */
function beyondBudget(
  state: ModelState,
  { path, address, bytes: own }: Wanted,
  at: TimeMs,
): RejectionCode | undefined {
  const ofPath = beginningsOf(path).map(taskNodeBytes);
  const bytes = ofPath.reduce((sum, each) => sum + each, own);
  return hasRoom(state, { bytes, address, by: "client" }, at) ? undefined : "limit_exceeded";
}

function notePath(state: ModelState, path: string, address: string | undefined): void {
  for (const beginning of beginningsOf(path)) {
    if (state.taskPaths.some((other) => other.path === beginning)) continue;
    state.taskPaths.push({ path: beginning, address, bytes: taskNodeBytes(beginning) });
  }
}

/** Those that nothing needs any more. */
function forgetPaths(state: ModelState): void {
  const paths = [...state.tasks, ...state.pulls].map(({ command: { path } }) => path);
  state.taskPaths = state.taskPaths.filter((known) =>
    paths.some((path) => path.startsWith(known.path)),
  );
}

/** `a.`, `a.b.` and `a.b.c.` of the last. */
function beginningsOf(path: string): readonly string[] {
  const labels = path.split(".").slice(0, -1);
  return labels.map((_, place) => `${labels.slice(0, place + 1).join(".")}.`);
}
