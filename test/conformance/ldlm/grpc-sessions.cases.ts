import {
  ask,
  type Deed,
  failed,
  faults,
  type GrpcStory,
  granted,
  hear,
  leased,
  name,
  notLocked,
  notUnlocked,
  pass,
  type Step,
  step,
  unlock,
  waits,
} from "./grpc-case.ts";

const leaves = (on: string): Deed => ({ type: "leave", on });

const holding = step("a lock is held", ask("a", "Lock", {}, granted("<uuid-1>")));

const ending: readonly Step[] = [
  holding,
  step(
    "the same connection leases another",
    ask(
      "a",
      "Lock",
      { name: "other", lock_timeout_seconds: 600 },
      granted("<uuid-2>", { name: "other", lease: true }),
    ),
  ),
  step(
    "and waits for what somebody else has",
    ask("b", "Lock", { name: "third" }, granted("<uuid-3>", { name: "third" })),
  ),
  step("in line before others", waits("a", "w1", { name: "third" })),
  step("who wait, too", waits("c", "w2", { name: "third" })),
  step("and for what it has", waits("c", "w3")),
  step("the connection ends", leaves("a"), "2.2"),
  step("with it goes what it held", hear("w3", granted("<uuid-4>")), "2.2"),
  step(
    "leased or not",
    ask("b", "TryLock", { name: "other" }, granted("<uuid-5>", { name: "other" })),
    "2.2",
  ),
  step("what it waited for is given back", unlock("b", "<uuid-3>", "third")),
  step("and goes to who waits still", hear("w2", granted("<uuid-6>", { name: "third" })), "2.2"),
  step(
    "the old key opens nothing",
    ask("b", "Unlock", { key: "<uuid-1>" }, notUnlocked(faults.invalidKey)),
    "2.2",
  ),
];

/** The old owner's record must be cleared by whoever unlocks. */
const foreignUnlock: readonly Step[] = [
  step("a lock is leased", ask("a", "Lock", { lock_timeout_seconds: 60 }, leased("<uuid-1>"))),
  step(
    "another connection renews it",
    ask("b", "Renew", { key: "<uuid-1>", lock_timeout_seconds: 30 }, leased("<uuid-1>")),
    "2.2",
  ),
  step("and gives it back", unlock("b", "<uuid-1>"), "2.2"),
  step("a third one takes it", ask("c", "Lock", {}, granted("<uuid-2>"))),
  step("the first connection ends", leaves("a"), "2.2"),
  step("the new holder keeps the lock", ask("b", "TryLock", {}, notLocked("<uuid>")), "2.2"),
  step("also when the lease would have been over", pass(60_000)),
  step("it keeps it", ask("b", "TryLock", {}, notLocked("<uuid>")), "2.2"),
  step("and gives it back itself", unlock("c", "<uuid-2>"), "2.2"),
];

/** The same over a socket, which knows no time. */
const foreignUnlockAtOnce = foreignUnlock.filter(({ does }) => does.type !== "pass");

const bothDoors: readonly Step[] = [
  step(
    "a lock is leased over gRPC",
    ask("a", "Lock", { lock_timeout_seconds: 60 }, leased("<uuid-1>")),
  ),
  step("it is held over REST, too", {
    type: "rest",
    path: "/v1/lock",
    fields: { name },
    expect: { locked: false, name, key: "<uuid-2>" },
  }),
  step(
    "it is renewed over REST",
    {
      type: "rest",
      path: "/v1/renew",
      fields: { name, key: "<uuid-1>", lock_timeout_seconds: 5 },
      expect: { locked: true, name, key: "<uuid-1>" },
    },
    "2.2",
  ),
  step(
    "and given back over REST",
    {
      type: "rest",
      path: "/v1/unlock",
      fields: { name, key: "<uuid-1>" },
      expect: { unlocked: true, name },
    },
    "2.2",
  ),
  step("then it is taken over REST", {
    type: "rest",
    path: "/v1/lock",
    fields: { name },
    expect: { locked: true, name, key: "<uuid-3>" },
  }),
  step("and held over gRPC, too", ask("a", "TryLock", {}, notLocked("<uuid-4>"))),
  step("and given back over gRPC", unlock("a", "<uuid-3>"), "2.2"),
  step("the connection that took it first ends", leaves("a")),
  step("and it is free", ask("b", "TryLock", {}, granted("<uuid-5>"))),
];

const kept: readonly Step[] = [
  holding,
  step(
    "another is leased",
    ask(
      "a",
      "Lock",
      { name: "leased", lock_timeout_seconds: 60 },
      granted("<uuid-2>", { name: "leased", lease: true }),
    ),
  ),
  step("somebody waits for the first", waits("b", "w1")),
  step("and somebody else behind", waits("c", "w2")),
  step("the holder's connection ends", leaves("a"), "2.2"),
  step("and that of the first in line", leaves("b"), "2.2"),
  step("the lock stays", ask("d", "TryLock", {}, notLocked("<uuid>")), "2.2"),
  step("its key is good for who has it", unlock("d", "<uuid-1>"), "2.2"),
  step("the one that waits still has it", hear("w2", granted("<uuid-3>")), "2.2"),
  step(
    "the leased one can be renewed",
    ask(
      "d",
      "Renew",
      { name: "leased", key: "<uuid-2>", lock_timeout_seconds: 90 },
      granted("<uuid-2>", { name: "leased", lease: true }),
    ),
    "2.2",
  ),
  step("until its lease is over", pass(90_000)),
  step(
    "and it is free",
    ask("d", "TryLock", { name: "leased" }, granted("<uuid-4>", { name: "leased" })),
    "2.2",
  ),
];

const password: readonly Step[] = [
  step(
    "a call without credentials is not heard",
    ask("a", "Lock", {}, failed(16, "missing credentials")),
    "2.3",
  ),
  ...["wrong", "Basic OnNlY3JldA==", "secretly", "Secret", "secre"].map((authorization) =>
    step(
      `nor with ${JSON.stringify(authorization)}`,
      ask("a", "Lock", {}, failed(16, "invalid credentials"), { metadata: { authorization } }),
      "2.3",
    ),
  ),
  step(
    "the bare password is right",
    ask("a", "Lock", {}, granted("<uuid-1>"), { metadata: { authorization: "secret" } }),
    "2.3",
  ),
  step(
    "and needed for each call",
    ask("a", "Unlock", { key: "<uuid-1>" }, failed(16, "missing credentials")),
    "2.3",
  ),
  step(
    "who does not know it learns nothing of names",
    ask("b", "TryLock", { name: "" }, failed(16, "missing credentials")),
    "2.3",
  ),
];

const bytes = (text: string) => Buffer.from(text, "latin1");

const statuses: readonly Step[] = [
  step(
    "an unknown method",
    ask("a", "/ldlm.LDLM/Steal", {}, failed(12, "unknown method /ldlm.LDLM/Steal")),
    "2.3",
  ),
  step(
    "an unknown service",
    ask("a", "/ldlm.LDLM2/Lock", {}, failed(12, "unknown method /ldlm.LDLM2/Lock")),
    "2.3",
  ),
  step(
    "a request that ends within a field",
    ask("a", "Lock", bytes("\x0a\x05ab"), failed(13, "the message ends too early")),
    "2.3",
  ),
  step(
    "a name that is not UTF-8",
    ask("a", "Lock", bytes("\x0a\x02\xc3\x28"), failed(13, "a string is not UTF-8")),
    "2.3",
  ),
  step(
    "half of a surrogate pair, as some languages would encode it",
    ask("a", "Lock", bytes("\x0a\x03\xed\xa0\x80"), failed(13, "a string is not UTF-8")),
    "2.3",
  ),
  step(
    "unknown fields are passed over",
    ask("a", "Lock", bytes("\x10\x05\x0a\x06orders\x7a\x03abc"), granted("<uuid-1>")),
    "2.1",
  ),
  step(
    "of a field that comes twice the last counts",
    ask("a", "Lock", bytes("\x0a\x01a\x0a\x01b"), granted("<uuid-2>", { name: "b" })),
    "2.1",
  ),
  step(
    "an empty message is an empty request",
    ask("a", "Lock", bytes(""), notLocked("<uuid-3>", faults.nameEmpty, "")),
    "2.1",
  ),
  step(
    "TryLock takes no wait",
    ask("b", "TryLock", bytes("\x0a\x06orders\x18\x05"), notLocked("<uuid-4>")),
    "2.1",
  ),
];

export const grpcSessionStories: readonly GrpcStory[] = [
  { title: "the end of a connection", flags: {}, steps: ending },
  { title: "unlock and renew by another connection", flags: {}, steps: foreignUnlock },
  {
    title: "unlock and renew by another connection, at once",
    flags: {},
    steps: foreignUnlockAtOnce,
  },
  { title: "both doors", flags: {}, steps: bothDoors },
  {
    title: "locks that outlive their connection",
    flags: { "--ldlm-no-clear-on-disconnect": "ldlm" },
    steps: kept,
  },
  {
    title: "locks that outlive connections of another listener only",
    flags: { "--ldlm-no-clear-on-disconnect": "main,ldlmRest" },
    steps: ending,
  },
  { title: "the password", flags: { "--ldlm-password": "secret" }, steps: password },
  { title: "statuses", flags: {}, steps: statuses },
];
