import type { Command, Entry } from "../../src/core/command.ts";
import type { Effect } from "../../src/core/effect.ts";
import type { RequestId, TimeMs } from "../../src/core/ids.ts";
import { limitsBefore } from "../../src/core/limits.ts";
import { type RejectionCode, rejected } from "../../src/core/rejection.ts";
import { unreachable } from "../../src/core/unreachable.ts";
import { createApiToken, revokeApiToken } from "./api-tokens.ts";
import { addressesIn, type ModelShare, shareOf, stateBytes } from "./budget.ts";
import type { ModelLock } from "./locks.ts";
import { advanceNumbers, forgetBeyond, forgetOldest, forgetUnused } from "./names.ts";
import { acquire, end, release, renew, revoke } from "./requests.ts";
import { detachSession, endSessions, keepAlive, kick, openSession, start } from "./sessions.ts";
import { after, emptyState, type ModelState, tell } from "./state.ts";
import {
  cancelTask,
  endPull,
  expireTask,
  finishTask,
  pullTask,
  pushTask,
  rejectTask,
} from "./tasks.ts";
import { changeUser, createUser, deleteUser, logIn, reloadLogin, renameUser } from "./users.ts";

/** The core as it is meant: slow, short, and right as far as reading can tell. */
export interface Model {
  apply(entry: Entry): readonly Effect[];
  nextDeadline(): TimeMs | undefined;
  /** Bytes of the state, and of each address that has anything in it. */
  holdings(): Holdings;
}

export interface Holdings {
  readonly bytes: number;
  readonly shares: ReadonlyMap<string, ModelShare>;
}

export function createModel(): Model {
  const state = emptyState();
  return {
    apply(entry) {
      state.told = [];
      applyTo(state, entry);
      return state.told;
    },
    nextDeadline: () => dueInOrder(state)[0]?.deadline,
    holdings() {
      const addresses = [...addressesIn(state)].sort();
      const shares = new Map(addresses.map((address) => [address, shareOf(state, address)]));
      return { bytes: stateBytes(state), shares };
    },
  };
}

function applyTo(state: ModelState, entry: Entry): void {
  const { at, command } = entry;
  if (command.type === "start") start(state, { ...entry, command });
  if (command.type === "advance") advance(state, command.by);
  endDue(state, { at, until: after(at, -1) });
  run(state, entry);
  if (command.type === "tick") endDue(state, { at, until: at });
}

/** No number that is given from now on is within `by` of any that was given before. */
function advance(state: ModelState, by: number): void {
  state.lastToken += by;
  advanceNumbers(state.names, by);
}

/**
 * Ends what is due until then, in order. It ends now, also when that is late: who gets the lock next
 * hears of it only now, and his lease is whole.
 */
function endDue(
  state: ModelState,
  { at, until }: { readonly at: TimeMs; readonly until: TimeMs },
): void {
  for (;;) {
    const [due] = dueInOrder(state);
    if (due === undefined || due.deadline > until) return;
    due.end(at);
    forgetIdle(state, at);
  }
}

function run(state: ModelState, entry: Entry): void {
  const { at, command } = entry;
  if (isOfSession(command)) {
    const session = state.sessions.find((other) => other.session === command.session);
    if (session !== undefined) {
      keepAlive(session, at);
    } else if (!isHeardAnyway(command)) {
      refuse(state, command, "session_ended");
      return;
    }
  }
  switch (command.type) {
    case "start":
    case "advance":
    case "tick":
      break;
    case "set_limits":
      state.limits = { ...limitsBefore, ...command.limits };
      while (stateBytes(state) > state.limits.stateBytesMax) {
        if (!forgetOldest(state.names, state.locks, at)) break;
      }
      break;
    case "collect":
      forgetUnused(state.names, state.locks, { at, until: after(at, -command.idleMs) });
      break;
    case "open_session":
      openSession(state, { ...entry, command });
      break;
    case "touch_session":
      tell(state, command, { type: "session_touched" });
      break;
    case "detach_session":
      detachSession(state, { ...entry, command });
      break;
    case "close_session":
      tell(state, command, { type: "session_closed" });
      endSessions(
        state,
        state.sessions.filter((other) => other.session === command.session),
        at,
      );
      break;
    case "kick_session":
      refuse(state, command, kick(state, { ...entry, command }));
      break;
    case "revoke":
      refuse(state, command, revoke(state, { ...entry, command }));
      break;
    case "create_api_token":
      refuse(state, command, createApiToken(state, { ...entry, command }));
      break;
    case "revoke_api_token":
      refuse(state, command, revokeApiToken(state, { ...entry, command }));
      break;
    case "create_user":
      refuse(state, command, createUser(state, { ...entry, command }));
      break;
    case "delete_user":
      refuse(state, command, deleteUser(state, { ...entry, command }));
      break;
    case "rename_user":
      refuse(state, command, renameUser(state, { ...entry, command }));
      break;
    case "change_user":
      refuse(state, command, changeUser(state, { ...entry, command }));
      break;
    case "log_in":
      refuse(state, command, logIn(state, { ...entry, command }));
      break;
    case "reload_login":
      refuse(state, command, reloadLogin(state, { ...entry, command }));
      break;
    case "acquire":
      refuse(state, command, acquire(state, { ...entry, command }));
      break;
    case "release":
      refuse(state, command, release(state, { ...entry, command }));
      break;
    case "renew":
      refuse(state, command, renew(state, { ...entry, command }));
      break;
    case "push_task":
      refuse(state, command, pushTask(state, { ...entry, command }));
      break;
    case "pull_task":
      refuse(state, command, pullTask(state, { ...entry, command }));
      break;
    case "finish_task":
      refuse(state, command, finishTask(state, { ...entry, command }));
      break;
    case "reject_task":
      refuse(state, command, rejectTask(state, { ...entry, command }));
      break;
    case "cancel_task":
      refuse(state, command, cancelTask(state, { ...entry, command }));
      break;
    default:
      unreachable(command);
  }
  forgetIdle(state, at);
}

function refuse(
  state: ModelState,
  command: Extract<Command, { request: RequestId }>,
  code: RejectionCode | undefined,
): void {
  if (code !== undefined) tell(state, command, rejected(code, ""));
}

const saidBySessions = [
  "touch_session",
  "close_session",
  "acquire",
  "release",
  "renew",
  "log_in",
  "push_task",
  "pull_task",
  "finish_task",
  "reject_task",
  "cancel_task",
] as const;

type OfSession = Extract<Command, { type: (typeof saidBySessions)[number] }>;

/** Whether an open session lives on from it. */
function isOfSession(command: Command): command is OfSession {
  return saidBySessions.some((type) => type === command.type);
}

/** Whether whoever says it need not have an open session. */
function isHeardAnyway(command: OfSession): boolean {
  const { type } = command;
  if (type === "release") return command.sessionless === true;
  return type === "finish_task" || type === "reject_task" || type === "cancel_task";
}

function forgetIdle(state: ModelState, at: TimeMs): void {
  forgetBeyond(state.names, state.locks, { at, max: state.limits.idleNamesMax });
}

interface Due {
  readonly deadline: TimeMs;
  /** At the same time sessions end first, then leases, waits, tasks, and pulls. */
  readonly rank: number;
  /** Then in the order of opening or acceptance. */
  readonly order: number;
  end(at: TimeMs): void;
}

function dueInOrder(state: ModelState): readonly Due[] {
  const due: Due[] = [];
  for (const session of state.sessions) {
    const { endsAt, openedIndex } = session;
    if (endsAt === undefined) continue;
    const finish = (at: TimeMs) => endSessions(state, [session], at);
    due.push({ deadline: endsAt, rank: 0, order: openedIndex, end: finish });
  }
  for (const lock of state.locks) {
    const { deadline, token, acceptedIndex } = lock;
    if (deadline === undefined) continue;
    const rank = token === undefined ? 2 : 1;
    const finish = (at: TimeMs) => expire(state, lock, at);
    due.push({ deadline, rank, order: acceptedIndex, end: finish });
  }
  for (const task of state.tasks) {
    const finish = () => expireTask(state, task);
    due.push({ deadline: task.until, rank: 3, order: task.index, end: finish });
  }
  for (const pull of state.pulls) {
    const finish = () => endPull(state, pull, "wait_timeout");
    due.push({ deadline: pull.until, rank: 4, order: pull.index, end: finish });
  }
  return due.sort((a, b) => a.deadline - b.deadline || a.rank - b.rank || a.order - b.order);
}

function expire(state: ModelState, lock: ModelLock, at: TimeMs): void {
  const isHeld = lock.token !== undefined;
  const { number } = lock;
  tell(state, lock, isHeld ? { type: "lease_expired", number } : rejected("wait_timeout", ""));
  end(state, [lock], at);
}
