/**
 * How much heap each thing in the state takes, in bytes. These are upper bounds for V8 with pointers of eight
 * bytes, measured by `bench/state.ts`: objects with their places in maps, tables, heaps and arrays, also while
 * those are at their emptiest. A lock request pays for every node on the paths of its claims, as if no other
 * request used them, so its cost is known from the request alone and never changes.
 */
import type { CreateApiToken } from "./api-tokens/commands.ts";
import type { Acquire, Claim, Path } from "./locks/commands.ts";
import type { OpenSession } from "./sessions/commands.ts";
import type { PullTask, PushTask, TaskPath } from "./tasks/commands.ts";
import type { User } from "./users/state.ts";

export const costs = {
  /** Header and padding of a text. */
  text: 24,
  /** One UTF-16 code unit of a text, also where V8 stores it as a single byte. */
  unit: 2,
  /** A session without its texts, with a deadline. */
  session: 560,
  /** The places of a session among those that could make room. */
  vacancy: 224,
  /** A request without claims, with its deadline and its place among many of its session. */
  lock: 480,
  /** The place of a lock in the table of keys. */
  key: 144,
  /** One claim at one node; a claim visits the root and each node on its path. */
  visit: 104,
  /** A node below the root, with its place in a table, a table of its own, and its line of visits. */
  node: 320,
  /** A slot size, and the place of its path in the line of idle names. */
  slot: 144,
  /** A namespace with its root. */
  namespace: 896,
  apiToken: 256,
  /** A user without tags and lists. */
  user: 1152,
  /** A prefix at which a user has tags, with their map. */
  tagPrefix: 480,
  tag: 112,
  /** One item of a list of a user. */
  userItem: 16,
  /** That a session is logged in, as if nobody else were to the same account. */
  login: 160,
  /** A task without its texts, with its place in all queues, and what its worker keeps of it. */
  task: 720,
  /** A pull that waits, with what its session keeps of it. */
  pull: 560,
  /** A node of a path of tasks, with its place in a table, a table of its own, and its queues. */
  taskNode: 480,
  /** What the core knows of one address. */
  share: 512,
} as const;

export function textBytes(text: string | undefined): number {
  return text === undefined ? 0 : costs.text + costs.unit * text.length;
}

/** How often the claims visit a node: each visits those on its path, and the root. */
export function visitCountOf(claims: readonly Claim[]): number {
  let visits = claims.length;
  for (const { path } of claims) visits += path.length;
  return visits;
}

/** The cost of a request with these essential claims, waiting or granted. */
export function lockBytes(
  request: Acquire["request"],
  key: Acquire["key"],
  claims: readonly Claim[],
): number {
  let bytes = costs.lock + textBytes(request);
  if (key !== undefined) bytes += costs.key + textBytes(key);
  for (const { mode, path } of claims) {
    bytes += costs.visit * (path.length + 1) + pathBytes(path);
    if (mode === "slot") bytes += costs.slot;
  }
  return bytes;
}

/** The cost of the session that the command opens. */
export function sessionBytes({ session, node, api, life, origin }: SessionAsked): number {
  const { address, principal, name } = origin;
  const ofLife = life.type === "idle" ? costs.vacancy : 0;
  const ofOrigin = textBytes(address) + textBytes(principal) + textBytes(name);
  return costs.session + ofLife + ofOrigin + textBytes(session) + textBytes(node) + textBytes(api);
}

type SessionAsked = Pick<OpenSession, "session" | "node" | "api" | "life" | "origin">;

/** The cost of the API token that the command creates. */
export function apiTokenBytes({ token, name, digest, by }: TokenAsked): number {
  return costs.apiToken + textBytes(token) + textBytes(name) + textBytes(digest) + textBytes(by);
}

type TokenAsked = Pick<CreateApiToken, "token" | "name" | "digest" | "by">;

export function userBytes(user: Omit<User, "account" | "createdAt">): number {
  const { name, password, tags, templates, whitelist, blacklist } = user;
  let bytes = costs.user + textBytes(name) + textBytes(password);
  for (const [prefix, names] of tags) {
    bytes += costs.tagPrefix + textBytes(prefix);
    for (const [tag, value] of names) bytes += costs.tag + textBytes(tag) + textBytes(value);
  }
  for (const list of [templates, whitelist, blacklist]) {
    for (const item of list) bytes += costs.userItem + textBytes(item);
  }
  return bytes;
}

export function loginBytes(user: string): number {
  return costs.login + textBytes(user);
}

/** The cost of a task, whether it waits or somebody works at it. */
export function taskBytes({ name, method, params, user, tags, request }: TaskTexts): number {
  const ofIds = textBytes(name) + textBytes(request);
  return (
    costs.task + ofIds + textBytes(method) + textBytes(params) + textBytes(user) + textBytes(tags)
  );
}

interface TaskTexts extends Pick<PushTask, "method" | "params" | "user" | "tags" | "request"> {
  readonly name: string;
}

export function pullBytes({ request, user }: Pick<PullTask, "request" | "user">): number {
  return costs.pull + textBytes(request) + textBytes(user);
}

/** The cost of a node, which keeps its path and the last label of it. */
export function taskNodeBytes(path: TaskPath): number {
  const label = path.slice(path.lastIndexOf(".", path.length - 2) + 1);
  return costs.taskNode + textBytes(path) + textBytes(label);
}

/** The cost of the nodes of a path, if none is there yet. */
export function taskPathBytes(path: TaskPath): number {
  let bytes = 0;
  for (let end = path.indexOf(".") + 1; end > 0; end = path.indexOf(".", end) + 1) {
    bytes += taskNodeBytes(path.slice(0, end));
  }
  return bytes;
}

export function shareBytes(address: string): number {
  return costs.share + textBytes(address);
}

export function namespaceBytes(namespace: string): number {
  return costs.namespace + textBytes(namespace);
}

/** The cost of the nodes on a path, below the root. */
export function pathBytes(path: Path): number {
  let bytes = 0;
  for (const segment of path) bytes += nodeBytes(segment);
  return bytes;
}

export function nodeBytes(name: string): number {
  return costs.node + costs.text + costs.unit * name.length;
}
