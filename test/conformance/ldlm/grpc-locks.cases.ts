import {
  ask,
  faults,
  type GrpcStory,
  granted,
  leased,
  notLocked,
  notUnlocked,
  pass,
  type Step,
  step,
  unlock,
} from "./grpc-case.ts";

const foreignKey = "15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5";

const taking: readonly Step[] = [
  step("a free lock is taken, with a key", ask("a", "Lock", {}, granted("<uuid-1>")), "2.1"),
  step(
    "a held lock is not taken, without an error, even by its holder",
    ask("a", "TryLock", {}, notLocked("<uuid-2>")),
  ),
  step(
    "the key of what was not taken is new and means nothing",
    ask("a", "Unlock", { key: "<uuid-2>" }, notUnlocked(faults.invalidKey)),
    "2",
  ),
  step(
    "another connection does not get it, either",
    ask("b", "TryLock", {}, notLocked("<uuid-3>")),
  ),
  step("the holder gives it back", unlock("a", "<uuid-1>"), "2.1"),
  step(
    "a second unlock has no valid key any more",
    ask("a", "Unlock", { key: "<uuid-1>" }, notUnlocked(faults.invalidKey)),
    "2",
  ),
  step(
    "an unlock without a key has no valid key",
    ask("a", "Unlock", {}, notUnlocked(faults.invalidKey)),
    "2",
  ),
  step(
    "an unknown name cannot be unlocked",
    ask("a", "Unlock", { name: "other" }, notUnlocked(faults.unknownName, "other")),
    "2",
  ),
  step(
    "the empty name cannot be unlocked",
    ask("a", "Unlock", { name: "" }, notUnlocked(faults.unknownName, "")),
    "2",
  ),
  step("what was given back can be taken", ask("b", "TryLock", {}, granted("<uuid-4>"))),
];

const order: readonly Step[] = [
  step(
    "a negative lock timeout is refused before all else, and without a key",
    ask(
      "a",
      "Lock",
      { name: "", size: 0, lock_timeout_seconds: -1, wait_timeout_seconds: -1 },
      notLocked("", faults.leaseTooShort, ""),
    ),
  ),
  step(
    "a negative wait timeout is next, without a key as well",
    ask(
      "a",
      "Lock",
      { name: "", size: 0, wait_timeout_seconds: -1 },
      notLocked("", faults.waitTooShort, ""),
    ),
  ),
  step(
    "then the empty name, with a key that means nothing",
    ask("a", "Lock", { name: "", size: 0 }, notLocked("<uuid-1>", faults.nameEmpty, "")),
  ),
  step(
    "the same of TryLock",
    ask("a", "TryLock", { name: "", size: 0 }, notLocked("<uuid-2>", faults.nameEmpty, "")),
  ),
  ...[0, -1, -2147483648].map((size, place) =>
    step(
      `then a size of ${size}`,
      ask("a", "Lock", { size }, notLocked(`<uuid-size${place}>`, faults.sizeTooSmall)),
    ),
  ),
  step(
    "none of them has made the name known",
    ask("a", "Unlock", {}, notUnlocked(faults.unknownName)),
  ),
  step(
    "then the limits of the server",
    ask(
      "a",
      "Lock",
      { name: "x".repeat(1025), size: 2 },
      notLocked(
        "<uuid-3>",
        { code: 0, message: "a name has at most 1024 bytes" },
        "x".repeat(1025),
      ),
    ),
  ),
  step("a lock is taken, for two", ask("a", "Lock", { size: 2 }, granted("<uuid-4>"))),
  step(
    "another size comes before whether there is room",
    ask("a", "TryLock", { size: 1 }, notLocked("<uuid-5>", faults.sizeMismatch)),
  ),
  step(
    "and before any waiting",
    ask(
      "a",
      "Lock",
      { size: 3, wait_timeout_seconds: 5 },
      notLocked("<uuid-6>", faults.sizeMismatch),
    ),
  ),
];

const sizes: readonly Step[] = [
  step("the first of two places", ask("a", "Lock", { size: 2 }, granted("<uuid-1>"))),
  step("the second, for the same connection", ask("a", "Lock", { size: 2 }, granted("<uuid-2>"))),
  step("there is no third", ask("b", "TryLock", { size: 2 }, notLocked("<uuid-3>"))),
  step(
    "an absent size is 1, and does not match 2",
    ask("b", "TryLock", {}, notLocked("<uuid-4>", faults.sizeMismatch)),
  ),
  step("each holder gives back with its own key", unlock("b", "<uuid-2>")),
  step("the other one, too", unlock("b", "<uuid-1>")),
  step(
    "the size stays while nobody holds the lock",
    ask("b", "TryLock", { size: 3 }, notLocked("<uuid-5>", faults.sizeMismatch)),
  ),
  step("and fits still", ask("b", "TryLock", { size: 2 }, granted("<uuid-6>"))),
  step(
    "the largest size is 2147483647",
    ask("b", "Lock", { name: "large", size: 2147483647 }, granted("<uuid-7>", { name: "large" })),
  ),
];

const names: readonly Step[] = [
  "__proto__",
  "constructor",
  "a/b",
  "a b\n\u0000",
  "ключ 🔑",
  "<b>",
  "x".repeat(1024),
].flatMap((strange, place) => [
  step(
    `${JSON.stringify(strange).slice(0, 30)} is a name like any other, and echoed`,
    ask("a", "Lock", { name: strange }, granted(`<uuid-${place}>`, { name: strange })),
  ),
  step(
    "it is not another",
    ask("b", "TryLock", { name: strange }, notLocked(`<uuid-held${place}>`, undefined, strange)),
  ),
]);

function renews(that: string, key: string, seconds: number, expect: ReturnType<typeof leased>) {
  return step(that, ask("a", "Renew", { key, lock_timeout_seconds: seconds }, expect));
}

const leases: readonly Step[] = [
  step(
    "a lease is told with its end",
    ask("a", "Lock", { lock_timeout_seconds: 10 }, leased("<uuid-1>")),
    "2.3",
  ),
  step("time passes", pass(9_999)),
  renews("it starts anew when it is renewed, here longer", "<uuid-1>", 20, leased("<uuid-1>")),
  step("time passes", pass(19_999)),
  step("and it holds for that long", ask("b", "TryLock", {}, notLocked("<uuid>"))),
  renews("here shorter", "<uuid-1>", 1, leased("<uuid-1>")),
  step("time passes", pass(1_000)),
  step("at its very end it is over", ask("b", "TryLock", {}, granted("<uuid-2>"))),
  renews(
    "a renewal that comes then is told so, with an error",
    "<uuid-1>",
    20,
    notLocked("<uuid-1>", faults.notRenewable),
  ),
  step(
    "what ran out cannot be unlocked",
    ask("a", "Unlock", { key: "<uuid-1>" }, notUnlocked(faults.invalidKey)),
    "2",
  ),
  renews(
    "what has no lease cannot be renewed",
    "<uuid-2>",
    20,
    notLocked("<uuid-2>", faults.notRenewable),
  ),
  renews(
    "a wrong key cannot renew, has a code of its own, and is echoed",
    foreignKey,
    20,
    notLocked(foreignKey, faults.notRenewable),
  ),
  step(
    "nor can an unknown name",
    ask(
      "a",
      "Renew",
      { name: "other", key: "<uuid-2>", lock_timeout_seconds: 20 },
      notLocked("<uuid-2>", faults.notRenewable, "other"),
    ),
  ),
  ...[0, -1].map((seconds) =>
    renews(
      `a lease of ${seconds} seconds is none, and the key is not echoed`,
      "<uuid-2>",
      seconds,
      notLocked("", faults.leaseTooShort),
    ),
  ),
  step(
    "an absent one is as good as 0",
    ask("a", "Renew", { key: "<uuid-2>" }, notLocked("", faults.leaseTooShort)),
  ),
  step(
    "a lock timeout of 0 is no lease",
    ask(
      "a",
      "TryLock",
      { name: "for ever", lock_timeout_seconds: 0 },
      granted("<uuid-3>", { name: "for ever" }),
    ),
  ),
  step(
    "a lease may last 68 years",
    ask(
      "a",
      "Lock",
      { name: "long", lock_timeout_seconds: 2147483647, wait_timeout_seconds: 2147483647 },
      granted("<uuid-4>", { name: "long", lease: true }),
    ),
  ),
  step("a month passes", pass(30 * 86_400_000)),
  step(
    "neither is over",
    ask("b", "TryLock", { name: "long" }, notLocked("<uuid>", undefined, "long")),
  ),
  step(
    "nor the other",
    ask("b", "TryLock", { name: "for ever" }, notLocked("<uuid>", undefined, "for ever")),
  ),
];

/** Two keys may meet under two names, and two names under one key. */
const pairs: readonly Step[] = [
  step(
    "one of two places is leased",
    ask("a", "Lock", { size: 2, lock_timeout_seconds: 10 }, leased("<uuid-1>")),
  ),
  step(
    "the other for longer",
    ask("a", "Lock", { size: 2, lock_timeout_seconds: 30 }, leased("<uuid-2>")),
  ),
  step(
    "a renewal under another name changes nothing",
    ask(
      "a",
      "Renew",
      { name: "other", key: "<uuid-1>", lock_timeout_seconds: 90 },
      notLocked("<uuid-1>", faults.notRenewable, "other"),
    ),
  ),
  step("time passes", pass(10_000)),
  step("only the first is over", ask("b", "TryLock", { size: 2 }, granted("<uuid-3>"))),
  step("the second is held still", ask("b", "TryLock", { size: 2 }, notLocked("<uuid>"))),
  renews("and renewed by its own key", "<uuid-2>", 5, leased("<uuid-2>")),
  step("time passes", pass(5_000)),
  step("and then over", ask("b", "TryLock", { size: 2 }, granted("<uuid-4>"))),
];

const forgetting: readonly Step[] = [
  step("a lock is held", ask("a", "Lock", {}, granted("<uuid-1>"))),
  step("and waited for", ask("b", "Lock", {}, "waits", { as: "w1" })),
  step("long after the names that nobody uses were forgotten", pass(7_200_000)),
  step("it is held and waited for", unlock("c", "<uuid-1>")),
  step("by the one that waited", { type: "hear", call: "w1", expect: granted("<uuid-2>") }),
  step("who gives it back", unlock("c", "<uuid-2>")),
  step(
    "its size stays for a while",
    ask("a", "TryLock", { size: 2 }, notLocked("<uuid-3>", faults.sizeMismatch)),
  ),
  step("and is forgotten", pass(7_200_000)),
  step("with the name", ask("a", "Unlock", { key: "<uuid-2>" }, notUnlocked(faults.unknownName))),
  step("so that it may be another", ask("a", "TryLock", { size: 2 }, granted("<uuid-4>"))),
];

export const grpcLockStories: readonly GrpcStory[] = [
  { title: "lock and unlock", flags: {}, steps: taking },
  { title: "the order of checks", flags: {}, steps: order },
  { title: "sizes", flags: {}, steps: sizes },
  { title: "names", flags: {}, steps: names },
  { title: "leases", flags: {}, steps: leases },
  { title: "leases belong to name and key together", flags: {}, steps: pairs },
  { title: "names that nobody uses", flags: {}, steps: forgetting },
];
