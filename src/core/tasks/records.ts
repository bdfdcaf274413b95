import { itemsIn } from "../chain.ts";
import type { SessionId } from "../ids.ts";
import type { Kept } from "../kept.ts";
import { shareOf } from "../shares.ts";
import type { State } from "../state.ts";
import type { TaskPath } from "./commands.ts";
import { addPull, addTask, beginAttempt, wait } from "./requests.ts";
import type { AttemptFacts, Pull, PullFacts, Task, TaskFacts, TaskParty } from "./state.ts";
import { nodeFor } from "./tree.ts";

/** A path with tasks or pulls, or the beginning of one. */
export interface TaskPathRecord {
  readonly type: "task_path";
  readonly path: TaskPath;
  /** The address that pays for it; absent: none. */
  readonly address?: string;
}

/** In the order in which they were made, so that the beginning of a path comes before it. */
export const keptTaskPaths: Kept<State, TaskPathRecord> = {
  *records({ tasks }) {
    for (const { path, share } of itemsIn(tasks.nodes)) {
      yield { type: "task_path", path, ...(share && { address: share.address }) };
    }
  },
  restore(state, { path, address }) {
    nodeFor(state, path, shareOf(state.holdings, address));
  },
};

export interface TaskRecord extends TaskFacts {
  readonly type: "task";
  readonly path: TaskPath;
  /** The session that learns what comes of it; absent: the task is detached. */
  readonly pusher?: SessionId;
  /** The address that pays for a detached task; absent: none. For others it is the session's. */
  readonly address?: string;
  /** Who works at it; absent: it waits. */
  readonly attempt?: AttemptFacts & { readonly worker: SessionId };
}

/** Path by path, and in each in the order of acceptance. */
export const keptTasks: Kept<State, TaskRecord> = {
  *records({ tasks }) {
    for (const node of itemsIn(tasks.nodes)) {
      for (const task of itemsIn(node.tasks)) yield taskRecord(task);
    }
  },
  restore(state, { type: _, path, pusher: session, address, attempt, ...facts }) {
    const pusher = session === undefined ? undefined : partyNamed(state, session);
    const share = pusher === undefined ? shareOf(state.holdings, address) : pusher.share;
    const node = nodeFor(state, path, undefined);
    const task = addTask(state, facts, { node, pusher, share });
    if (attempt === undefined) wait(task);
    else beginAttempt(task, partyNamed(state, attempt.worker), attempt);
  },
};

export interface PullRecord extends PullFacts {
  readonly type: "pull";
  readonly path: TaskPath;
  readonly puller: SessionId;
}

/** Path by path, and in each in the order of acceptance. */
export const keptPulls: Kept<State, PullRecord> = {
  *records({ tasks }) {
    for (const node of itemsIn(tasks.nodes)) {
      for (const pull of itemsIn(node.pulls)) yield pullRecord(pull);
    }
  },
  restore(state, { type: _, path, puller, ...facts }) {
    const node = nodeFor(state, path, undefined);
    addPull(state, facts, { node, puller: partyNamed(state, puller) });
  },
};

function taskRecord(task: Task): TaskRecord {
  const { name, method, params, priority, user, tags, request, attempts } = task;
  const { acceptedIndex, acceptedAt, until, node, pusher, share, attempt } = task;
  return {
    type: "task",
    name,
    path: node.path,
    method,
    params,
    priority,
    user,
    tags,
    request,
    acceptedIndex,
    acceptedAt,
    attempts,
    until,
    ...(pusher && { pusher: pusher.id }),
    ...(pusher === undefined && share && { address: share.address }),
    ...(attempt && { attempt: attemptRecord(attempt) }),
  };
}

function attemptRecord({
  request,
  token,
  acceptedIndex,
  since,
  worker,
}: NonNullable<Task["attempt"]>) {
  return { request, token, acceptedIndex, since, worker: worker.id };
}

function pullRecord(pull: Pull): PullRecord {
  const { request, user, acceptedIndex, acceptedAt, until, node, puller } = pull;
  const facts: PullFacts = { request, user, acceptedIndex, acceptedAt, until };
  return { type: "pull", path: node.path, ...facts, puller: puller.id };
}

function partyNamed({ sessions }: State, id: SessionId): TaskParty {
  const session = sessions.open.get(id);
  if (session === undefined) throw new TypeError(`snapshot: there is no session ${id}`);
  return session;
}
