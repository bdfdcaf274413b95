import type { Claim, SessionLife } from "../../../src/core/command.ts";
import type { History, Recorded } from "../history.ts";
import type { Ask, Granted, LockOperation } from "./operation.ts";

export interface KnownHistory {
  /** What it is about. */
  readonly title: string;
  readonly history: History<LockOperation>;
  /** Of a bad one: the line, counted among its operations, whose answer cannot be. */
  readonly impossible: number | undefined;
}

/**
 * Reads histories with empty lines between them: sentences that begin with `#`, then an operation on each
 * line, in words as `words.ts` shows them. `!` before a line says that its answer cannot be.
 *
 *   1-2     alice    lock write jobs    -> granted #1
 *   3-      bob      try jobs
 *
 * Called at 1, answered at 2; called at 3 and never answered; moments are ms. The names of requests are
 * left out: the second lock that bob asks for is `bob/2`, and what he hears or releases is his last one.
 * Clients that `lock` have a connection of their own; when it is gone, their locks are kept for `graceMs`.
 */
export function readHistories(text: string): readonly KnownHistory[] {
  return text
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== "")
    .map(readHistory);
}

/** Of all connections. */
export const graceMs = 100;

function readHistory(block: string): KnownHistory {
  const lines = block.split("\n").filter((line) => line.trim() !== "");
  const sentences = lines.filter((line) => line.startsWith("#"));
  const operations = lines.filter((line) => !line.startsWith("#"));
  const read = createReader();
  const place = operations.findIndex((line) => line.startsWith("!"));
  return {
    title: sentences.map((line) => line.slice(1).trim()).join(" "),
    history: diesAtCrashes(operations.map(read)),
    impossible: place === -1 ? undefined : place,
  };
}

/** What nobody answered before a crash did not happen after it. */
function diesAtCrashes(history: History<LockOperation>): History<LockOperation> {
  const crashes = history.filter(({ operation }) => operation.type === "crash");
  return history.map((recorded) => {
    const { isAnswered, calledAt } = recorded;
    const crash = crashes.find((other) => other.calledAt > calledAt);
    return isAnswered || crash === undefined
      ? recorded
      : { ...recorded, until: crash.calledAt - 0.5 };
  });
}

/** Knows how many locks each client has asked for. */
function createReader(): (line: string) => Recorded<LockOperation> {
  const counts = new Map<string, number>();
  return (line) => {
    const match = /^!? *([\d.]+)(-?)([\d.]*) +(\S+) +(.+?) *(?:-> *(.+?))? *$/.exec(line);
    if (match === null) throw new SyntaxError(`no operation: ${line}`);
    const [, from, , to, client = "", asked = "", answer] = match;
    const isAsk = /^(lock|try) /.test(asked);
    const count = (counts.get(client) ?? 0) + (isAsk ? 1 : 0);
    counts.set(client, count);
    const operation = readOperation({ client, request: `${client}/${count}`, asked, answer });
    const isMoment = operation.type === "crash";
    const isAnswered = isMoment || answer !== undefined;
    const until = isMoment ? Number(from) : isAnswered ? Number(to) : Number.POSITIVE_INFINITY;
    return { client, operation, calledAt: Number(from), until, isAnswered };
  };
}

interface Words {
  readonly client: string;
  /** The name of the client's last lock. */
  readonly request: string;
  readonly asked: string;
  readonly answer: string | undefined;
}

function readOperation(words: Words): LockOperation {
  const { client: session, request, asked, answer } = words;
  const [verb, object = "", ms] = asked.split(/ +/);
  switch (verb) {
    case "lock":
    case "try":
      return readAsk(words);
    case "hear":
      return { type: "hear", request, ...(answer !== undefined && { answer: readHeard(answer) }) };
    case "release":
    case "unlock": {
      const told = oneOf(answer, "released", "not_holder");
      return verb === "release"
        ? { type: "release", session, request, by: "session", ...told }
        : { type: "release", session, request: object, by: "key", ...told };
    }
    case "renew": {
      const told = oneOf(answer, "renewed", "not_holder");
      return { type: "renew", session, request: object, leaseMs: Number(ms), ...told };
    }
    case "end":
      return { type: "end_session", session, ...oneOf(answer, "ended", "over") };
    case "hang":
      return { type: "lose_connection", session };
    case "crash":
      return { type: "crash" };
    default:
      throw new SyntaxError(`no operation: ${asked}`);
  }
}

function readAsk({ client: session, request, asked, answer }: Words): Ask {
  const [, verb, what = "", lease] = /^(\w+) (.*?)(?: lease (\d+))?$/.exec(asked) ?? [];
  const life: SessionLife =
    verb === "lock" ? { type: "connection", graceMs, restartGraceMs: graceMs } : idle;
  return {
    type: "ask",
    session,
    life,
    request,
    namespace: "default",
    claims: what.split(/, */).map(readClaim),
    isWaiting: verb === "lock",
    ...(lease !== undefined && { leaseMs: Number(lease) }),
    ...(answer !== undefined && { answer: readFirstAnswer(answer) }),
  };
}

const idle = { type: "idle", idleMs: 600_000 } as const;

function readClaim(words: string): Claim {
  const [, mode, name = "", size] = /^(?:(read|write) )?(\S+)(?: size (\d+))?$/.exec(words) ?? [];
  const path = name.split("/").filter((segment) => segment !== "");
  if (mode === undefined) return { mode: "slot", path, size: Number(size ?? 1) };
  return { mode: mode === "read" ? "shared" : "exclusive", path };
}

function readFirstAnswer(answer: string): NonNullable<Ask["answer"]> {
  const [type] = answer.split(" ");
  if (type === "refused" || type === "size_mismatch") return { type };
  if (type === "waiting") return { type, ...numbersOf(answer) };
  return readHeard(answer) as Granted;
}

function readHeard(answer: string): Granted | { readonly type: "silence" } {
  if (answer === "silence") return { type: "silence" };
  if (!answer.startsWith("granted")) throw new SyntaxError(`no such answer: ${answer}`);
  return { type: "granted", ...numbersOf(answer) };
}

function numbersOf(answer: string): Pick<Granted, "number" | "token"> {
  const number = /#(\d+)/.exec(answer)?.[1];
  const token = /token (\d+)/.exec(answer)?.[1];
  return {
    ...(number !== undefined && { number: Number(number) }),
    ...(token !== undefined && { token: Number(token) }),
  };
}

/** The answer, if there is one. Throws `SyntaxError` when it is none of these. */
function oneOf<Answer extends string>(
  answer: string | undefined,
  ...answers: readonly Answer[]
): { readonly answer?: Answer } {
  if (answer === undefined) return {};
  const found = answers.find((other) => other === answer);
  if (found === undefined) throw new SyntaxError(`no such answer: ${answer}`);
  return { answer: found };
}
