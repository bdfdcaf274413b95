import type {
  Acquire,
  Command,
  DetachSession,
  LockTarget,
  LogIn,
  OpenSession,
  PullTask,
  PushTask,
  ReloadLogin,
  UserCommand,
} from "../../src/core/command.ts";
import type { FencingToken, LogIndex, RequestId, SessionId, TimeMs } from "../../src/core/ids.ts";
import { limitsDefault } from "../../src/core/limits.ts";
import { digestOf } from "../story/words.ts";
import {
  apiTokens,
  chooseAdvance,
  chooseApiToken,
  chooseApiTokenName,
  chooseClaims,
  chooseKey,
  chooseLeaseMs,
  chooseLife,
  chooseLimits,
  chooseNamespace,
  chooseNode,
  chooseOrigin,
  choosePassword,
  choosePath,
  chooseScenario,
  chooseStart,
  chooseTerms,
  chooseTime,
  chooseUser,
  chooseUserChange,
  type Scenario,
  sessions,
  users,
} from "./choose.ts";
import { createRandom, type Random } from "./random.ts";
import { chooseTaskCommand } from "./tasks.ts";
import type { Step } from "./trial.ts";

/** Invents a history step by step. The same seed and deadlines make the same one. */
export interface Generator {
  /** `deadline` is the next one of what the steps are played on; the history likes to meet it. */
  next(deadline: TimeMs | undefined): Step;
  /** What ends all that can be left of the steps so far. */
  finish(): readonly Step[];
}

/** What the history has said so far, as far as it matters for what it says next. */
interface Memory {
  readonly random: Random;
  readonly scenario: Scenario;
  readonly asked: Acquire[];
  readonly askedTasks: (PushTask | PullTask)[];
  /** Sessions that are likely open; whether they really are, only the machine knows. */
  readonly open: Set<SessionId>;
  /** Tokens are likely not far above. */
  firstToken: number;
  lastRequest: number;
}

export function createGenerator(seed: number): Generator {
  const random = createRandom(seed);
  const scenario = chooseScenario(random);
  const memory: Memory = {
    random,
    scenario,
    asked: [],
    askedTasks: [],
    open: new Set(),
    firstToken: 1,
    lastRequest: 0,
  };
  let at = 1000;
  let index = 0;
  const enter = (command: Command): Step => {
    index++;
    const entry = { index: index as LogIndex, at: at as TimeMs, command };
    return { type: "entry", entry };
  };
  return {
    next(deadline) {
      if (index === 0) return enter({ type: "set_limits", limits: scenario.limits });
      if (random.chance(0.03)) return { type: "reload" };
      at = chooseTime(random, at, deadline);
      return enter(remember(memory, chooseCommand(memory)));
    },
    finish() {
      at += 1_000_000;
      return [...finalCommands(memory).map(enter), { type: "empty" }];
    },
  };
}

function remember(memory: Memory, command: Command): Command {
  const { random, asked, askedTasks, open } = memory;
  if (command.type === "acquire") asked.push(command);
  if (command.type === "push_task" || command.type === "pull_task") askedTasks.push(command);
  if (command.type === "advance") memory.firstToken += command.by;
  if (command.type === "open_session") open.add(command.session);
  // Some who were there before do not come back for a while, and others claim what they had.
  if (command.type === "start" && random.chance(0.5)) open.clear();
  if (command.type === "close_session" || command.type === "detach_session") {
    open.delete(command.session);
  }
  if (command.type === "kick_session") open.delete(command.target);
  return command;
}

/** Everybody goes, and a janitor, for whom there is room, gives back what was to outlive them, and revokes what has no end. */
function finalCommands(memory: Memory): readonly Command[] {
  const session = "janitor" as SessionId;
  const request = () => nextRequest(memory);
  return [
    { type: "set_limits", limits: limitsDefault },
    { type: "tick" },
    ...sessions.map(
      (name): Command => ({ type: "close_session", session: name, request: request() }),
    ),
    openSession(memory, session),
    ...memory.asked
      .flatMap(targetsByKey)
      .map((target): Command => ({ type: "release", session, request: request(), target })),
    { type: "close_session", session, request: request() },
    ...apiTokens.map(
      (token): Command => ({
        type: "revoke_api_token",
        session,
        request: request(),
        by: "janitor",
        token,
      }),
    ),
    ...users.map(
      (user): Command => ({
        type: "delete_user",
        session,
        request: request(),
        by: "janitor",
        user,
      }),
    ),
    { type: "collect", idleMs: 0 },
  ];
}

function chooseCommand(memory: Memory): Command {
  const { random, scenario, open } = memory;
  const roll = random.below(100);
  if (roll < 9) return { type: "tick" };
  if (roll < 10) return { type: "collect", idleMs: random.below(6) };
  if (roll < 11) return chooseOfNode(memory);

  const claiming = random.chance(0.1) ? chooseClaiming(memory) : undefined;
  if (claiming !== undefined) return claiming;
  if (random.chance(0.07)) return chooseOperation(memory);
  const session = random.pick(sessions);
  if (roll < 14) return openSession(memory, session);
  if (roll < 17) return chooseDetach(memory, session);
  if (!open.has(session) && random.chance(0.9)) return openSession(memory, session);
  if (roll < 18) return { type: "close_session", session, request: nextRequest(memory) };
  if (roll < 20) return { type: "touch_session", session, request: nextRequest(memory) };
  if (roll < 23) return chooseLogin(memory, session);
  if (scenario.hasTasks && random.chance(0.6)) return chooseTask(memory, session);
  if (roll < 42) return chooseRelease(memory, session);
  if (roll < 50) return chooseRenew(memory, session);
  return chooseAcquire(memory, session);
}

/** At times the node had something for the session that could not be sent any more. */
function chooseDetach({ random, askedTasks }: Memory, session: SessionId): DetachSession {
  const asked = askedTasks.filter((each) => each.session === session).slice(-4);
  if (random.chance(0.5)) return { type: "detach_session", session };
  const unanswered = asked.filter(() => random.chance(0.5)).map(({ request }) => request);
  return { type: "detach_session", session, unanswered };
}

function chooseTask(memory: Memory, session: SessionId): Command {
  const { random, askedTasks: asked, firstToken } = memory;
  const talk = { random, session, asked, firstToken };
  return chooseTaskCommand({ ...talk, nextRequest: () => nextRequest(memory) });
}

/** What a node says of itself or of the log. */
function chooseOfNode({ random, scenario }: Memory): Command {
  const roll = random.below(10);
  if (roll < 7) return chooseStart(random);
  return roll < 9 ? chooseAdvance(random) : chooseLimits(random, scenario);
}

function openSession(memory: Memory, session: SessionId): OpenSession {
  const { random } = memory;
  const [node, life] = [chooseNode(random), chooseLife(random)];
  return {
    type: "open_session",
    session,
    request: nextRequest(memory),
    node,
    api: "history",
    life,
    origin: chooseOrigin(random),
  };
}

function chooseAcquire(memory: Memory, session: SessionId): Acquire {
  const { random, scenario, asked } = memory;
  const own = random.chance(0.02) ? asked.filter((other) => other.session === session) : [];
  const request = chooseAsked(random, own)?.request ?? nextRequest(memory);
  const namespace = chooseNamespace(random);
  if (random.chance(0.02)) return { type: "acquire", session, request, namespace, claims: [] };
  const claims = chooseClaims(random, scenario);
  return { type: "acquire", session, request, namespace, claims, ...chooseTerms(random) };
}

function chooseRelease(memory: Memory, session: SessionId): Command {
  const target = chooseTarget(memory, session, memory.asked);
  const release = { type: "release", request: nextRequest(memory), ...target } as const;
  return memory.random.chance(0.2) ? { ...release, sessionless: true } : release;
}

function chooseRenew(memory: Memory, session: SessionId): Command {
  const { random, asked } = memory;
  const leased = asked.filter(({ leaseMs }) => leaseMs !== undefined);
  const target = chooseTarget(memory, session, random.chance(0.8) ? leased : asked);
  const leaseMs = chooseLeaseMs(random);
  return { type: "renew", request: nextRequest(memory), leaseMs, ...target };
}

/** What an operator does, who at times has the name of a session. */
function chooseOperation(memory: Memory): Command {
  const { random } = memory;
  const session = random.chance(0.8) ? ("operator" as SessionId) : random.pick(sessions);
  const operation = { session, request: nextRequest(memory), by: "history" };
  if (random.chance(0.5)) return { ...operation, ...chooseUserCommand(random) };
  if (random.chance(0.1))
    return { type: "reload_login", ...operation, target: random.pick(sessions) };
  if (random.chance(0.6)) {
    const token = chooseApiToken(random);
    if (random.chance(0.3)) return { type: "revoke_api_token", ...operation, token };
    const [name, digest] = [chooseApiTokenName(random), digestOf(token)];
    return { type: "create_api_token", ...operation, token, name, digest };
  }
  if (random.chance(0.3)) {
    return { type: "kick_session", ...operation, target: random.pick(sessions) };
  }
  const token = memory.firstToken + random.below(memory.asked.length + 1);
  return { type: "revoke", ...operation, token: token as FencingToken };
}

type Unaddressed<C> = C extends unknown ? Omit<C, "session" | "request" | "by"> : never;

function chooseUserCommand(random: Random): Unaddressed<Exclude<UserCommand, LogIn | ReloadLogin>> {
  const roll = random.below(10);
  const user = chooseUser(random);
  if (roll < 4) return { type: "create_user", user, password: choosePassword(random) };
  if (roll < 5) return { type: "delete_user", user };
  if (roll < 6) return { type: "rename_user", user, newName: chooseUser(random) };
  return { type: "change_user", user, change: chooseUserChange(random) };
}

function chooseLogin(memory: Memory, session: SessionId): LogIn {
  const { random } = memory;
  return {
    type: "log_in",
    session,
    request: nextRequest(memory),
    user: chooseUser(random),
    password: choosePassword(random),
    ...(random.chance(0.3) && { as: chooseUser(random) }),
    isWhitelistStrict: random.chance(0.2),
  };
}

/** Of what was asked for by who has likely lost his connection since, somebody else claims one. */
function chooseClaiming(memory: Memory): Command | undefined {
  const { random, asked, open } = memory;
  const orphans = asked.filter(({ session, key }) => key !== undefined && !open.has(session));
  const orphan = chooseAsked(random, orphans);
  const [target] = orphan === undefined ? [] : targetsByKey(orphan);
  const [first, ...others] = open;
  if (target === undefined || first === undefined) return undefined;
  const session = random.pick([first, ...others]);
  const leaseMs = chooseLeaseMs(random);
  return { type: "renew", session, request: nextRequest(memory), target, leaseMs };
}

/** Mostly what was asked lately, by who asked it; at times another's, or nothing that exists. */
function chooseTarget(
  { random, scenario }: Memory,
  session: SessionId,
  asked: readonly Acquire[],
): { readonly session: SessionId; readonly target: LockTarget } {
  const acquire = chooseAsked(random, asked);
  if (acquire === undefined || random.chance(0.04)) {
    const [namespace, key] = [chooseNamespace(random), chooseKey(random)];
    return { session, target: { type: "key", namespace, path: choosePath(random, scenario), key } };
  }
  const [byKey, ...others] = targetsByKey(acquire);
  if (byKey !== undefined && random.chance(0.6)) {
    return { session, target: random.pick([byKey, ...others]) };
  }
  const target = { type: "request", request: acquire.request } as const;
  return { session: random.chance(0.9) ? acquire.session : session, target };
}

function chooseAsked(random: Random, asked: readonly Acquire[]): Acquire | undefined {
  const recent = Math.min(asked.length, 8);
  return recent === 0 ? undefined : asked.at(-1 - random.below(recent));
}

function targetsByKey({ namespace, claims, key }: Acquire): readonly LockTarget[] {
  if (key === undefined) return [];
  return claims.map(({ path }) => ({ type: "key", namespace, path, key }));
}

function nextRequest(memory: Memory): RequestId {
  memory.lastRequest++;
  return String(memory.lastRequest) as RequestId;
}
