import type {
  Command,
  LockTarget,
  SessionLife,
  SessionOrigin,
  TagList,
  UserChange,
  UserList,
} from "../../src/core/command.ts";
import type {
  ApiTokenId,
  FencingToken,
  LockKey,
  Namespace,
  NodeId,
  RequestId,
  RunId,
  SessionId,
  UserName,
} from "../../src/core/ids.ts";
import { type Limits, limitsDefault } from "../../src/core/limits.ts";
import type { Cast } from "./cast.ts";
import { readTaskCommand } from "./tasks.ts";
import { digestOf, readClaims, readDuration, readPath } from "./words.ts";

/**
 * What one line of a play asks for. The world says
 *
 *     tick | collect idle=1h | advance by=1000 | start grace=60s node=n1 run=r1 | set_limits claimsMax=3
 *
 * and a session, which opens by itself when it speaks first (without grace),
 *
 *     alice open grace=30s restart_grace=60s     or: idle=10s; from=192.0.2.7 as_user=ci called=app
 *     alice acquire a/b shared, c slot(3) wait=30s lease=10s key=k1 in=blue as=mine outlives
 *     alice release mine                         or: a/b key=k1 in=blue sessionless
 *     alice renew mine lease=20s                 or: a/b key=k1 lease=20s
 *     alice touch | alice detach | alice close
 *     alice log_in amy pass=p1 become=bob strict
 *     alice detach unanswered=mine               and what it says of tasks (tasks.ts)
 *
 * An operator, who is no session, says
 *
 *     root kick alice | root revoke token=3
 *     root create_api_token ci id=t1 | root revoke_api_token id=t1
 *     root create_user amy pass=p1 | root delete_user amy | root rename_user amy to=ann
 *     root set_tags amy at=a.b @task.push=true x={"y":1} | root delete_tags amy x at=a.b
 *     root set_password amy pass=p2 | root add amy templates=staff | root remove amy blacklist=192.0.*
 *     root set_sessions_max amy max=3 | root disable amy | root enable amy | root reload_login alice
 *
 * A request is called by its `as=` name, else by its paths. Throws `Error` for anything else.
 */
export function readCommands(text: string, cast: Cast): readonly Command[] {
  const [first = "", ...rest] = text.split(/\s+/);
  const world = readWorld(first, readPhrase(rest));
  if (world !== undefined) return [world];

  const session = first as SessionId;
  const [verb = "", ...words] = rest;
  const phrase = readPhrase(words);
  const operation = readOperation({ session, verb, phrase, cast });
  if (operation !== undefined) return [operation];
  const command = readSession({ session, verb, phrase, cast });
  if (needsNoSession(command)) return [command];
  const isNew = cast.meet(session);
  if (!isNew || command.type === "open_session" || verb === "touch") return [command];
  return [openSession(session, cast.ask(session, ""), readPhrase([])), command];
}

function needsNoSession(command: Command): boolean {
  if (command.type === "release") return command.sessionless === true;
  return ["finish_task", "reject_task", "cancel_task"].includes(command.type);
}

/** `a/b shared, c wait=30s outlives`: what it is about, and how. */
interface Phrase {
  readonly subject: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Options without a value. */
const flags: ReadonlySet<string> = new Set([
  "outlives",
  "sessionless",
  "strict",
  "detached",
  "forced",
]);

function readPhrase(words: readonly string[]): Phrase {
  const isOption = (word: string) => word.includes("=") || flags.has(word);
  const options = words.filter(isOption).map(readOption);
  return {
    subject: words.filter((word) => !isOption(word)).join(" "),
    options: new Map(options),
  };
}

/** A flag has the value `undefined`, which nobody asks for. */
function readOption(word: string): [name: string, value: string] {
  const [name = "", ...value] = word.split("=");
  return [name, value.join("=")];
}

function readWorld(verb: string, { options }: Phrase): Command | undefined {
  switch (verb) {
    case "tick":
      return { type: "tick" };
    case "collect":
      return { type: "collect", idleMs: readDuration(options.get("idle") ?? "0") };
    case "advance":
      return { type: "advance", by: Number(options.get("by")) };
    case "start": {
      const restartGraceMs = readDuration(options.get("grace") ?? "60s");
      const run = (options.get("run") ?? "r1") as RunId;
      return { type: "start", node: nodeOf(options), run, restartGraceMs };
    }
    case "set_limits":
      return { type: "set_limits", limits: readLimits(options) };
    default:
      return undefined;
  }
}

interface Line {
  readonly session: SessionId;
  readonly verb: string;
  readonly phrase: Phrase;
  readonly cast: Cast;
}

function readOperation({ session, verb, phrase, cast }: Line): Command | undefined {
  const { subject, options } = phrase;
  const asked = (name: string) => ({ session, request: cast.ask(session, name), by: session });
  const apiToken = options.get("id") as ApiTokenId;
  switch (verb) {
    case "kick":
      return { type: "kick_session", ...asked(""), target: subject as SessionId };
    case "revoke": {
      const token = options.get("token");
      return { type: "revoke", ...asked(`token=${token}`), token: Number(token) as FencingToken };
    }
    case "create_api_token": {
      const facts = { token: apiToken, name: subject, digest: digestOf(apiToken) };
      return { type: "create_api_token", ...asked(subject), ...facts };
    }
    case "revoke_api_token":
      return { type: "revoke_api_token", ...asked(`id=${apiToken}`), token: apiToken };
    case "create_user": {
      const user = subject as UserName;
      return { type: "create_user", ...asked(subject), user, password: options.get("pass") ?? "" };
    }
    case "reload_login":
      return { type: "reload_login", ...asked(subject), target: subject as SessionId };
    case "delete_user":
      return { type: "delete_user", ...asked(subject), user: subject as UserName };
    case "rename_user": {
      const newName = options.get("to") as UserName;
      return { type: "rename_user", ...asked(subject), user: subject as UserName, newName };
    }
    default: {
      const change = readChange(verb, phrase);
      const [user = ""] = subject.split(" ");
      if (change === undefined) return undefined;
      return { type: "change_user", ...asked(user), user: user as UserName, change };
    }
  }
}

function readChange(verb: string, { subject, options }: Phrase): UserChange | undefined {
  const prefix = options.get("at") ?? ".";
  const [list, item] = [...options][0] ?? [];
  switch (verb) {
    case "set_tags": {
      const tags = [...options].filter(([name]) => name !== "at");
      return { type: "set_tags", prefix, tags: tags as unknown as TagList };
    }
    case "delete_tags":
      return { type: "delete_tags", prefix, names: subject.split(" ").slice(1) };
    case "set_password":
      return { type: "set_password", password: options.get("pass") ?? "" };
    case "add":
    case "remove":
      return { type: verb, list: list as UserList, item: item ?? "" };
    case "set_sessions_max":
      return { type: "set_sessions_max", sessionsMax: Number(options.get("max")) };
    case "disable":
    case "enable":
      return { type: "set_disabled", isDisabled: verb === "disable" };
    default:
      return undefined;
  }
}

function readSession({ session, verb, phrase, cast }: Line): Command {
  const name = phrase.options.get("as") ?? pathsOf(phrase.subject);
  const target = () => readTarget(session, phrase, cast);
  switch (verb) {
    case "open":
      return openSession(session, cast.ask(session, ""), phrase);
    case "touch":
      return { type: "touch_session", session, request: cast.ask(session, "") };
    case "detach": {
      const named = phrase.options.get("unanswered");
      if (named === undefined) return { type: "detach_session", session };
      const unanswered = named.split(",").map((each) => cast.recall(session, each));
      return { type: "detach_session", session, unanswered };
    }
    case "close":
      return { type: "close_session", session, request: cast.ask(session, "") };
    case "log_in": {
      const { subject, options } = phrase;
      const as = options.get("become");
      return {
        type: "log_in",
        session,
        request: cast.ask(session, subject),
        user: subject as UserName,
        password: options.get("pass") ?? "",
        ...(as !== undefined && { as: as as UserName }),
        isWhitelistStrict: options.has("strict"),
      };
    }
    case "acquire":
      return acquire(session, cast.ask(session, name), phrase);
    case "release": {
      const command = { type: "release", session, target: target() } as const;
      const isSessionless = phrase.options.has("sessionless");
      const way = isSessionless ? ({ sessionless: true } as const) : {};
      return { ...command, request: askAbout(cast, name), ...way };
    }
    case "renew": {
      const leaseMs = readDuration(phrase.options.get("lease") ?? "10s");
      const command = { type: "renew", session, leaseMs, target: target() } as const;
      return { ...command, request: askAbout(cast, name) };
    }
    default: {
      const command = readTaskCommand({
        session,
        verb,
        ...phrase,
        ask: (about) => (about === "" ? askAbout(cast, phrase.subject) : cast.ask(session, about)),
        recall: (about) => cast.recall(session, about),
      });
      if (command === undefined) throw new Error(`nobody can ${verb || "say nothing"}`);
      return command;
    }
  }
}

/** A request about another one: it is called the same, but is not what a later line recalls. */
function askAbout(cast: Cast, name: string): RequestId {
  return cast.ask("" as SessionId, name);
}

function openSession(session: SessionId, request: RequestId, { options }: Phrase): Command {
  const node = nodeOf(options);
  const [life, origin] = [readLife(options), readOrigin(options)];
  return { type: "open_session", session, request, node, api: "story", life, origin };
}

function readLife(options: Phrase["options"]): SessionLife {
  const idle = options.get("idle");
  if (idle !== undefined) return { type: "idle", idleMs: readDuration(idle) };
  const graceMs = readDuration(options.get("grace") ?? "0");
  const restart = options.get("restart_grace");
  if (restart === undefined) return { type: "connection", graceMs };
  return { type: "connection", graceMs, restartGraceMs: readDuration(restart) };
}

function readOrigin(options: Phrase["options"]): SessionOrigin {
  const [address, principal, name] = ["from", "as_user", "called"].map((each) => options.get(each));
  return {
    ...(address !== undefined && { address }),
    ...(principal !== undefined && { principal }),
    ...(name !== undefined && { name }),
  };
}

function acquire(session: SessionId, request: RequestId, { subject, options }: Phrase): Command {
  const wait = options.get("wait");
  const lease = options.get("lease");
  const key = options.get("key");
  return {
    type: "acquire",
    session,
    request,
    namespace: namespaceOf(options),
    claims: readClaims(subject),
    ...(wait === undefined ? {} : { waitMs: readDuration(wait) }),
    ...(lease === undefined ? {} : { leaseMs: readDuration(lease) }),
    ...(key === undefined ? {} : { key: key as LockKey }),
    ...(options.has("outlives") ? { outlivesSession: true } : {}),
  };
}

function readTarget(session: SessionId, { subject, options }: Phrase, cast: Cast): LockTarget {
  const key = options.get("key");
  if (key === undefined) return { type: "request", request: cast.recall(session, subject) };
  const namespace = namespaceOf(options);
  return { type: "key", namespace, path: readPath(subject), key: key as LockKey };
}

function readLimits(options: Phrase["options"]): Limits {
  const told = [...options].filter(([name]) => name in limitsDefault);
  return {
    ...limitsDefault,
    ...Object.fromEntries(told.map(([name, max]) => [name, Number(max)])),
  };
}

/** `a/b shared, c` is called `a/b, c`. */
function pathsOf(claims: string): string {
  return claims.replaceAll(/ [^ ,]+/g, (word, at) => (claims[at - 1] === "," ? word : ""));
}

function nodeOf(options: Phrase["options"]): NodeId {
  return (options.get("node") ?? "n1") as NodeId;
}

function namespaceOf(options: Phrase["options"]): Namespace {
  return (options.get("in") ?? "default") as Namespace;
}
