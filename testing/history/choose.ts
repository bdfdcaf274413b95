import type {
  Acquire,
  Advance,
  Claim,
  Path,
  SessionLife,
  SessionOrigin,
  SetLimits,
  Start,
  TagList,
  UserChange,
  UserList,
} from "../../src/core/command.ts";
import type {
  ApiTokenId,
  LockKey,
  Namespace,
  NodeId,
  RunId,
  SessionId,
  TimeMs,
  UserName,
} from "../../src/core/ids.ts";
import { type Limits, limitsDefault, slotSizeMax } from "../../src/core/limits.ts";
import type { Random } from "./random.ts";

/** What makes one history differ from another as a whole. */
export interface Scenario {
  readonly depthMax: number;
  readonly segments: readonly [string, ...string[]];
  readonly modes: readonly [Claim["mode"], ...Claim["mode"][]];
  readonly limits: Limits;
  /** Half of them have none, so that they say more of all else. */
  readonly hasTasks: boolean;
}

/** Few names and short times, so that everything meets everything. */
export const sessions = names<SessionId>("s1", "s2", "s3", "s4");
export const apiTokens = names<ApiTokenId>("t1", "t2", "t3");
export const users = names<UserName>("amy", "bob", "bob.b", "staff");
/** Nobody can be called so. */
const wrongUsers = names<UserName>("ab", "a b", "amy.", "x".repeat(501));
const tagPrefixes = [".", "bob", "bob.b", ""] as const;
const tagNames = ["@admin", "x", "y"] as const;
const tagValues = [
  "true",
  "false",
  "1",
  '"1"',
  "null",
  '{"a":1}',
  '{"a":{"b":2}}',
  '{"a":{"c":3}}',
];
const addressPatterns = [
  "192.0.2.*",
  "192.0.2.1",
  "2001:db8::/32",
  "2001:db8::1",
  "no.where",
] as const;
const apiTokenNames = ["ci", "web", "ci", "web", "", "ü-longer"] as const;
const nodes = names<NodeId>("n1", "n1", "n1", "n2");
const namespaces = names<Namespace>("default", "default", "default", "blue");
const durationsMs = [1, 2, 3, 5, 8, 20] as const;
const wrongDurationsMs = [-1, 0.5, 2 ** 51] as const;

export function chooseScenario(random: Random): Scenario {
  return {
    depthMax: random.below(4),
    segments: random.pick<Scenario["segments"]>([["a"], ["a", "b"], ["a", "b", "ü-long"]]),
    modes: random.pick<Scenario["modes"]>([
      ["exclusive"],
      ["shared", "exclusive"],
      ["slot"],
      ["slot", "slot", "exclusive"],
      ["shared", "exclusive", "slot"],
    ]),
    limits: chooseScarcity(random),
    hasTasks: random.chance(0.5),
  };
}

/** Mostly there is enough of everything. */
function chooseScarcity(random: Random): Limits {
  const roll = random.below(10);
  if (roll < 2) {
    return {
      ...limitsDefault,
      nameBytesMax: 7,
      pathSegmentsMax: 2,
      claimsMax: 2,
      locksPerSessionMax: 3,
      tasksPerSessionMax: 3,
      sessionsMax: 1 + random.below(4),
      idleNamesMax: random.below(3),
    };
  }
  if (roll < 4) {
    return {
      ...limitsDefault,
      stateBytesPerSessionMax: 2_000 + random.below(6_000),
      visitsPerRequestMax: 3 + random.below(4),
      stateBytesMax: 4_000 + random.below(8_000),
      stateBytesPerAddressMax: 2_000 + random.below(8_000),
      sessionsPerAddressMax: 1 + random.below(3),
      locksPerAddressMax: 1 + random.below(4),
      waitersPerAddressMax: random.below(3),
    };
  }
  return limitsDefault;
}

/** Two of these are in one network, and so one for the limits. */
export function chooseOrigin(random: Random): SessionOrigin {
  const address = random.pick([undefined, "192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2"]);
  return address === undefined ? {} : { address };
}

/** Mostly at once or soon, often at the very deadline, rarely long after many of them. */
export function chooseTime(random: Random, at: number, deadline: TimeMs | undefined): number {
  const roll = random.below(20);
  if (roll < 10) return at;
  if (roll < 15) return at + 1 + random.below(3);
  if (roll < 19) return Math.max(at, deadline ?? at);
  return at + random.below(30);
}

export function chooseStart(random: Random): Start {
  const restartGraceMs = random.pick([0, 2, 5, 10]);
  const run = `r${random.below(1000)}` as RunId;
  return { type: "start", node: chooseNode(random), run, restartGraceMs };
}

/** Mostly those of the history, at times those of a node that was configured otherwise. */
export function chooseLimits(random: Random, { limits }: Scenario): SetLimits {
  const isOther = random.chance(0.3);
  return { type: "set_limits", limits: isOther ? { ...limits, locksPerSessionMax: 1 } : limits };
}

export function chooseAdvance(random: Random): Advance {
  return { type: "advance", by: random.pick([1, 2, 10, 2 ** 32]) };
}

export function chooseNode(random: Random): NodeId {
  return random.pick(nodes);
}

export function chooseLife(random: Random): SessionLife {
  if (random.chance(0.25)) return { type: "idle", idleMs: random.pick([3, 10, 20, 50]) };
  const graceMs = random.pick([0, 0, 2, 5, 10]);
  if (random.chance(0.7)) return { type: "connection", graceMs };
  return { type: "connection", graceMs, restartGraceMs: random.pick([0, 1, 3, 10]) };
}

export function chooseNamespace(random: Random): Namespace {
  return random.pick(namespaces);
}

export function chooseKey(random: Random): LockKey {
  return `k${random.below(8)}` as LockKey;
}

/** How long to wait and to hold, and by which key. */
export function chooseTerms(
  random: Random,
): Pick<Acquire, "waitMs" | "leaseMs" | "key" | "outlivesSession"> {
  const key = random.chance(0.35) ? { key: chooseKey(random) } : {};
  return {
    ...(random.chance(0.5) ? { waitMs: chooseWaitMs(random) } : {}),
    ...(random.chance(0.4) ? { leaseMs: chooseLeaseMs(random) } : {}),
    ...key,
    ...("key" in key && random.chance(0.3) ? { outlivesSession: true } : {}),
  };
}

export function chooseApiToken(random: Random): ApiTokenId {
  return random.pick(apiTokens);
}

export function chooseApiTokenName(random: Random): string {
  return random.pick(apiTokenNames);
}

/** Mostly one that there could be. */
export function chooseUser(random: Random): UserName {
  return random.pick(random.chance(0.05) ? wrongUsers : users);
}

/** Two of them, so that it is often the wrong one. */
export function choosePassword(random: Random): string {
  return random.pick(["p1", "p1", "p1", "p2"]);
}

export function chooseUserChange(random: Random): UserChange {
  const roll = random.below(10);
  const prefix = random.pick(tagPrefixes);
  if (roll < 4) return { type: "set_tags", prefix, tags: chooseTags(random) };
  if (roll < 5) return { type: "delete_tags", prefix, names: [random.pick(tagNames), "z"] };
  if (roll < 6) return { type: "set_password", password: choosePassword(random) };
  if (roll < 7) return { type: "set_disabled", isDisabled: random.chance(0.3) };
  if (roll < 8) return { type: "set_sessions_max", sessionsMax: random.pick([-1, 0, 1, 2]) };
  const list: UserList = random.pick(["templates", "templates", "whitelist", "blacklist"]);
  const item = list === "templates" ? random.pick(users) : random.pick(addressPatterns);
  return { type: random.chance(0.7) ? "add" : "remove", list, item };
}

function chooseTags(random: Random): TagList {
  const tags = Array.from({ length: random.below(3) }, () => [
    random.pick(tagNames),
    random.pick(tagValues as [string, ...string[]]),
  ]);
  return tags as unknown as TagList;
}

export function chooseLeaseMs(random: Random): number {
  return random.chance(0.03) ? random.pick([0, ...wrongDurationsMs]) : random.pick(durationsMs);
}

function chooseWaitMs(random: Random): number {
  if (random.chance(0.02)) return random.pick(wrongDurationsMs);
  return random.chance(0.4) ? 0 : random.pick(durationsMs);
}

export function chooseClaims(random: Random, scenario: Scenario): readonly Claim[] {
  const count = random.pick([1, 1, 1, 1, 1, 1, 2, 2, 2, 3]);
  const claims = Array.from({ length: count }, () => chooseClaim(random, scenario));
  if (scenario.limits === limitsDefault) return claims;
  // Which of its slots a request used last, and so which of them is kept longer, is left open.
  const slot = claims.find((claim) => claim.mode === "slot");
  return claims.filter((claim) => claim.mode !== "slot" || claim === slot);
}

function chooseClaim(random: Random, scenario: Scenario): Claim {
  const path = choosePath(random, scenario);
  const mode = random.pick(scenario.modes);
  if (mode !== "slot") return { mode, path };
  const roll = random.below(100);
  if (roll < 1) return { mode, path, size: random.pick([0, -1, 1.5, slotSizeMax + 1]) };
  return { mode, path, size: roll < 8 ? 1 + random.below(4) : 1 + (path.length % 3) };
}

export function choosePath(random: Random, { depthMax, segments }: Scenario): Path {
  return Array.from({ length: random.below(depthMax + 1) }, () => random.pick(segments));
}

function names<Name extends string>(...texts: readonly [string, ...string[]]) {
  return texts as unknown as readonly [Name, ...Name[]];
}
