/**
 * Histories that are right by construction: the naive model is asked one thing after the other, and each
 * is spread over a time before and after the moment at which it really happened.
 */
import type { Command, LockTarget } from "../../../src/core/command.ts";
import type { Outcome } from "../../../src/core/effect.ts";
import type {
  LockKey,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  RunId,
  SessionId,
  TimeMs,
} from "../../../src/core/ids.ts";
import type { Random } from "../../history/random.ts";
import { createModel, type Model } from "../../model/model.ts";
import type { History, Recorded } from "../history.ts";
import type { Ask, AskAnswer, LockOperation } from "./operation.ts";
import { chooseClaims, chooseSlot } from "./random-claims.ts";

export interface RunWishes {
  /** How many commands. */
  readonly length: number;
  /** How long before and after its moment an operation is called and answered, at most. */
  readonly spreadMs: number;
  /** Of answers that nobody hears. */
  readonly lostAnswers: number;
}

export function randomRun(random: Random, wishes: RunWishes): History<LockOperation> {
  const run = createRun(random, wishes);
  for (let count = 0; count < wishes.length; count++) run.next();
  return run.history();
}

/** An operation at the moment at which it really happened. */
interface Done {
  readonly client: string;
  readonly operation: LockOperation;
  readonly at: number;
  readonly calledAt: number;
  readonly until: number;
  readonly isAnswered: boolean;
}

/** A request that its client knows to have been accepted. */
interface Known {
  readonly ask: Ask;
  readonly id: RequestId;
  isGranted: boolean;
}

const node = "n1" as NodeId;
const namespace = "default" as Namespace;
const restartGraceMs = 300;

/** As `createRun` configures the server. */
export const runRules = { restartGraceMs, forgetsSizes: false, toleranceMs: 0 } as const;

function createRun(random: Random, { spreadMs, lostAnswers }: RunWishes) {
  const model: Model = createModel();
  const done: Done[] = [];
  const known = new Map<RequestId, Known>();
  const open = new Set<string>();
  let index = 0;
  let at = 1000;
  let lastRequest = 0;
  let generation = 0;
  apply({ type: "start", node, run: "run-1" as RunId, restartGraceMs });

  /** Gives what the command itself is answered with; whoever else is told hears of it. */
  function apply(command: Command): Outcome | undefined {
    index += 1;
    const effects = model.apply({ index: index as LogIndex, at: at as TimeMs, command });
    const own = "request" in command ? command.request : undefined;
    for (const { request, outcome } of effects) {
      const heard = known.get(request);
      if (request === own || heard === undefined || outcome.type !== "granted") continue;
      heard.isGranted = true;
      const { number, token } = outcome;
      const operation = { type: "hear", request: heard.ask.request } as const;
      // What ends in the moment of a start grants locks to waiters whose connections are gone.
      if (command.type !== "start" && !random.chance(lostAnswers)) {
        write(heard.ask.session, { ...operation, answer: { type: "granted", number, token } });
      }
    }
    return effects.find(({ request }) => request === own)?.outcome;
  }

  function write(client: string, operation: LockOperation, isAnswered = true): void {
    const calledAt = at - random.below(1 + spreadMs);
    const until = isAnswered ? at + random.below(1 + spreadMs) : Number.POSITIVE_INFINITY;
    done.push({ client, operation, at, calledAt, until, isAnswered });
  }

  /** With its answer, or, at times, without. */
  function answer(client: string, operation: LockOperation): void {
    const { answer: _, ...unanswered } = operation;
    if (random.chance(lostAnswers)) write(client, unanswered as LockOperation, false);
    else write(client, operation);
  }

  function newRequest(): RequestId {
    lastRequest += 1;
    return String(lastRequest) as RequestId;
  }

  function openSession(session: string, life: Ask["life"]): SessionId {
    const id = session as SessionId;
    if (!open.has(session)) {
      apply({
        type: "open_session",
        node,
        session: id,
        request: newRequest(),
        api: "run",
        life,
        origin: {},
      });
      open.add(session);
    }
    return id;
  }

  function ask(): void {
    const isWaiting = random.chance(0.5);
    const session = `${isWaiting ? "connection" : "session"} ${generation}.${random.below(3)}`;
    const life = isWaiting ? connectionLife : idleLife;
    const id = openSession(session, life);
    const request = newRequest();
    const claims = isWaiting ? chooseClaims(random) : [chooseSlot(random)];
    const leaseMs = !isWaiting && random.chance(0.5) ? random.pick([100, 300]) : undefined;
    const lease = leaseMs === undefined ? {} : { leaseMs };
    const wait = isWaiting ? {} : { waitMs: 0 };
    const key = `${request}` as LockKey;
    const outcome = apply({
      type: "acquire",
      session: id,
      request,
      namespace,
      claims,
      ...wait,
      ...lease,
      key,
    });
    const asked: Ask = {
      type: "ask",
      session,
      life,
      request: `${request}`,
      namespace,
      claims,
      isWaiting,
      ...lease,
      answer: answerOf(outcome),
    };
    answer(session, asked);
    if (outcome?.type === "rejected" || done.at(-1)?.isAnswered !== true) return;
    known.set(request, { ask: asked, id: request, isGranted: outcome?.type === "granted" });
  }

  function release(): void {
    const chosen = choose([...known.values()]);
    if (chosen === undefined) return;
    const { ask: asked, id } = chosen;
    const by = !asked.isWaiting && random.chance(0.7) ? "key" : "session";
    const session = openSession(
      by === "session" ? asked.session : `session ${generation}.0`,
      idleLife,
    );
    const target: LockTarget =
      by === "session" ? { type: "request", request: id } : keyTarget(asked);
    const outcome = apply({ type: "release", session, request: newRequest(), target });
    const told = outcome?.type === "released" ? "released" : "not_holder";
    answer(session, { type: "release", session, request: asked.request, by, answer: told });
    if (random.chance(0.8)) known.delete(id);
  }

  function renew(): void {
    const chosen = choose([...known.values()].filter(({ ask: { leaseMs } }) => leaseMs));
    if (chosen === undefined) return;
    const session = openSession(`session ${generation}.0`, idleLife);
    const leaseMs = random.pick([100, 300]);
    const target = keyTarget(chosen.ask);
    const outcome = apply({ type: "renew", session, request: newRequest(), target, leaseMs });
    const told = outcome?.type === "renewed" ? "renewed" : "not_holder";
    const { request } = chosen.ask;
    answer(session, { type: "renew", session, request, leaseMs, answer: told });
  }

  /** Whoever has lost it comes back under another name. */
  function lose(kind: "connection" | "session"): void {
    const session = choose([...open].filter((name) => name.startsWith(kind)));
    if (session === undefined) return;
    open.delete(session);
    generation += 1;
    for (const { ask: asked, id } of known.values()) {
      if (asked.session === session) known.delete(id);
    }
    const id = session as SessionId;
    if (kind === "connection") {
      apply({ type: "detach_session", session: id });
      write(session, { type: "lose_connection", session }, false);
    } else {
      apply({ type: "close_session", session: id, request: newRequest() });
      answer(session, { type: "end_session", session, answer: "ended" });
    }
  }

  function crash(): void {
    // Not in the same moment as what was heard before.
    at += 1;
    apply({ type: "start", node, run: "run-1" as RunId, restartGraceMs });
    const operation = { type: "crash" } as const;
    done.push({ client: "server", operation, at, calledAt: at, until: at, isAnswered: true });
    generation += 1;
    for (const [id, { ask: asked, isGranted }] of known) {
      if (asked.isWaiting || !isGranted) known.delete(id);
    }
    for (const session of open) if (session.startsWith("connection")) open.delete(session);
  }

  function choose<T>(choices: readonly T[]): T | undefined {
    return choices.at(random.below(Math.max(1, choices.length)));
  }

  return {
    next(): void {
      at += random.pick([1, 5, 20, 120]);
      if (random.chance(0.5)) apply({ type: "tick" });
      const roll = random.below(100);
      if (roll < 55) ask();
      else if (roll < 82) release();
      else if (roll < 90) renew();
      else if (roll < 94) lose("connection");
      else if (roll < 96) lose("session");
      else crash();
    },
    history: () => withinLives(done),
  };
}

/** Nothing is called before a crash and answered after it. */
function withinLives(done: readonly Done[]): History<LockOperation> {
  const crashes = done.filter(({ operation }) => operation.type === "crash").map(({ at }) => at);
  return done
    .map(({ at, ...recorded }): Recorded<LockOperation> => {
      if (recorded.operation.type === "crash") return recorded;
      const before = crashes.findLast((crash) => crash < at) ?? 0;
      const after = crashes.find((crash) => crash >= at) ?? Number.POSITIVE_INFINITY;
      const calledAt = Math.max(recorded.calledAt, before + 0.25);
      return { ...recorded, calledAt, until: Math.min(recorded.until, after - 0.25) };
    })
    .sort((a, b) => a.calledAt - b.calledAt);
}

const connectionLife = { type: "connection", graceMs: 60, restartGraceMs: 60 } as const;
const idleLife = { type: "idle", idleMs: 600_000 } as const;

function keyTarget({ claims, request }: Ask): LockTarget {
  return { type: "key", namespace, path: claims[0]?.path ?? [], key: request as LockKey };
}

function answerOf(outcome: Outcome | undefined): AskAnswer {
  switch (outcome?.type) {
    case "granted":
      return { type: "granted", number: outcome.number, token: outcome.token };
    case "waiting":
      return { type: "waiting", number: outcome.number };
    default:
      return { type: isSizeMismatch(outcome) ? "size_mismatch" : "refused" };
  }
}

function isSizeMismatch(outcome: Outcome | undefined): boolean {
  return outcome?.type === "rejected" && outcome.code === "size_mismatch";
}
