import type {
  Attempted,
  CancelTask,
  PullTask,
  PushTask,
  TaskCommand,
  TaskResult,
} from "../../src/core/command.ts";
import type { FencingToken, JsonText, RequestId, SessionId, TaskId } from "../../src/core/ids.ts";
import type { Random } from "./random.ts";

/** Who says something of tasks, and what has been said of them so far. */
export interface TaskTalk {
  readonly random: Random;
  readonly session: SessionId;
  readonly asked: readonly (PushTask | PullTask)[];
  /** Tokens are likely not far above. */
  readonly firstToken: number;
  nextRequest(): RequestId;
}

const paths = ["a.", "a.", "a.", "a.b.", "a.b.", "b.", "."] as const;
const wrongPaths = ["a", "", "ü-longer.", "a.b.c.d."] as const;
const timeoutsMs = [1, 5, 20, 500, 500, 500] as const;
const wrongTimeoutsMs = [0, -1, 0.5, 2 ** 51] as const;
const values = ["null", "1", '{"a":1}'] as unknown as readonly [JsonText, ...JsonText[]];

export function chooseTaskCommand(talk: TaskTalk): TaskCommand {
  const roll = talk.random.below(20);
  if (roll < 6) return choosePush(talk);
  if (roll < 12) return choosePull(talk);
  if (roll < 15) {
    return { type: "finish_task", ...chooseAttempted(talk), result: chooseResult(talk.random) };
  }
  if (roll < 18) return { type: "reject_task", ...chooseAttempted(talk) };
  return chooseCancel(talk);
}

function choosePush({ random, session, asked, nextRequest }: TaskTalk): PushTask {
  const isWrong = random.chance(0.03);
  const number = random.chance(0.02) ? 1 : asked.length;
  return {
    type: "push_task",
    session,
    request: repeated(random, asked, session) ?? nextRequest(),
    task: `t${number}` as TaskId,
    path: choosePath(random),
    method: random.pick(["m", "m", "long-method"]),
    params: random.pick(values),
    priority: isWrong ? random.pick([0.5, 2 ** 60]) : random.pick([0, 0, 0, 1, -1, 5]),
    attempts: isWrong ? random.pick([0, 1.5]) : random.pick([1, 1, 2, 3]),
    timeoutMs: chooseTimeout(random),
    ...(random.chance(0.6) && { isDetached: true }),
    user: random.pick(["nobody", "amy"]),
    tags: random.pick(values),
  };
}

function choosePull({ random, session, asked, nextRequest }: TaskTalk): PullTask {
  const request = repeated(random, asked, session) ?? nextRequest();
  const path = choosePath(random);
  const timeoutMs = chooseTimeout(random);
  return { type: "pull_task", session, request, path, timeoutMs, user: "amy" };
}

/** At times the request of one that is still there. */
function repeated(
  random: Random,
  asked: TaskTalk["asked"],
  session: SessionId,
): RequestId | undefined {
  if (!random.chance(0.02)) return undefined;
  return asked.findLast((each) => each.session === session)?.request;
}

/** Mostly a task that was pushed lately. Who is at it is mostly another session, so that it is forced often. */
function chooseAttempted({ random, session, asked, firstToken, nextRequest }: TaskTalk): Attempted {
  const token = firstToken + random.below(asked.length + 1);
  return {
    session,
    request: nextRequest(),
    task: chooseTask(random, asked),
    ...(random.chance(0.3) && { isForced: true }),
    ...(random.chance(0.05) && { token: token as FencingToken }),
  };
}

function chooseCancel({ random, session, asked, nextRequest }: TaskTalk): CancelTask {
  const command = { type: "cancel_task", session, request: nextRequest() } as const;
  if (random.chance(0.3)) {
    const task = chooseTask(random, asked);
    const way = random.chance(0.5) ? ({ isForced: true } as const) : {};
    return { ...command, target: { type: "task", task, ...way } };
  }
  const recent = asked.filter((each) => each.session === session).slice(-6);
  const requests = recent.filter(() => random.chance(0.4)).map(({ request }) => request);
  return { ...command, target: { type: "requests", requests } };
}

function chooseTask(random: Random, asked: TaskTalk["asked"]): TaskId {
  const pushed = asked.filter((each) => each.type === "push_task").slice(-5);
  return pushed.at(-1 - random.below(pushed.length + 1))?.task ?? ("t0" as TaskId);
}

function chooseResult(random: Random): TaskResult {
  if (random.chance(0.6)) return { type: "value", value: random.pick(values) };
  const data = random.chance(0.5) ? { data: random.pick(values) } : {};
  return { type: "error", code: random.below(3), message: "m", ...data };
}

function choosePath(random: Random): string {
  return random.chance(0.03) ? random.pick(wrongPaths) : random.pick(paths);
}

function chooseTimeout(random: Random): number {
  return random.chance(0.03) ? random.pick(wrongTimeoutsMs) : random.pick(timeoutsMs);
}
