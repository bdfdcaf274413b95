import {
  ask,
  failed,
  faults,
  type GrpcStory,
  granted,
  hear,
  leased,
  notLocked,
  pass,
  type Step,
  step,
  unlock,
  waits,
} from "./grpc-case.ts";

const holding = step("a lock is held", ask("a", "Lock", {}, granted("<uuid-1>")));
const noMore = (seconds: number) => ({ wait_timeout_seconds: seconds });

const line: readonly Step[] = [
  holding,
  step("one waits", waits("b", "w1"), "2.4"),
  step("another one, too", waits("c", "w2"), "2.4"),
  step("TryLock does not wait, nor overtake", ask("d", "TryLock", {}, notLocked("<uuid-t1>"))),
  step("the lock is given back", unlock("a", "<uuid-1>")),
  step("and handed to who waited longest", hear("w1", granted("<uuid-2>"))),
  step("TryLock still comes too late", ask("a", "TryLock", {}, notLocked("<uuid-t2>"))),
  step("who held it waits behind the others", waits("a", "w3")),
  step("it is given back again", unlock("b", "<uuid-2>")),
  step("and handed to the second", hear("w2", granted("<uuid-3>"))),
  step("and again", unlock("c", "<uuid-3>")),
  step("and handed to the last", hear("w3", granted("<uuid-4>"))),
  step("who gives it back", unlock("a", "<uuid-4>")),
  step("then it is free", ask("d", "TryLock", {}, granted("<uuid-5>"))),
];

const places: readonly Step[] = [
  step("one of two places is taken", ask("a", "Lock", { size: 2 }, granted("<uuid-1>"))),
  step("and the other", ask("a", "Lock", { size: 2 }, granted("<uuid-2>"))),
  step("a third waits", waits("b", "w1", { size: 2 })),
  step("a fourth waits", waits("b", "w2", { size: 2 })),
  step("a place is given back", unlock("a", "<uuid-2>")),
  step("the third has it", hear("w1", granted("<uuid-3>"))),
  step("the other place is given back", unlock("a", "<uuid-1>")),
  step("the fourth has it", hear("w2", granted("<uuid-4>"))),
  step("there is no fifth", ask("a", "TryLock", { size: 2 }, notLocked("<uuid>"))),
];

const timeouts: readonly Step[] = [
  holding,
  step("one waits for ten seconds", waits("b", "w1", noMore(10))),
  step("another for thirty, on the same connection", waits("b", "w2", noMore(30))),
  step("a third for ever: 0 is as good as absent", waits("c", "w3", noMore(0))),
  step("ten seconds pass", pass(10_000)),
  step(
    "the first is told that its wait is over",
    hear("w1", notLocked("<uuid-2>", faults.waitTimeout)),
    "2",
  ),
  step("the lock is given back", unlock("a", "<uuid-1>")),
  step("the second has it", hear("w2", granted("<uuid-3>"))),
  step("a long time passes", pass(86_400_000)),
  step("it is given back", unlock("a", "<uuid-3>")),
  step("and the third waits still", hear("w3", granted("<uuid-4>"))),
];

const leasesFromTheGrantOn: readonly Step[] = [
  step("a lock is leased", ask("a", "Lock", { lock_timeout_seconds: 60 }, leased("<uuid-1>"))),
  step("one waits for it", waits("b", "w1", { lock_timeout_seconds: 10 })),
  step("and another", waits("c", "w2")),
  step("the wait is longer than the lease that it is for", pass(60_000)),
  step("the first lease is over, and its lock handed on", hear("w1", leased("<uuid-2>"))),
  step("the new lease began with that", pass(9_999)),
  step("so it holds", ask("d", "TryLock", {}, notLocked("<uuid>"))),
  step("until its end", pass(1)),
  step("when the next one is woken", hear("w2", granted("<uuid-3>"))),
];

const leaving: readonly Step[] = [
  step(
    "another lock is held by the one who will wait",
    ask("b", "Lock", { name: "own" }, granted("<uuid-own>", { name: "own" })),
  ),
  holding,
  step("one waits", waits("b", "w1"), "2.4"),
  step("on the same connection another one, too", waits("b", "w2"), "2.4"),
  step("and one elsewhere", waits("c", "w3"), "2.4"),
  step("the first is cancelled", { type: "cancel", call: "w1" }, "2.4"),
  step("the lock is given back", unlock("a", "<uuid-1>")),
  step("who is next has it", hear("w2", granted("<uuid-2>")), "2.4"),
  step(
    "and the session of the cancelled call has what it had",
    ask("a", "TryLock", { name: "own" }, notLocked("<uuid>", undefined, "own")),
    "2.4",
  ),
  step("the next one is cancelled, too", { type: "cancel", call: "w3" }, "2.4"),
  step("the lock is given back", unlock("b", "<uuid-2>")),
  step("then it is free", ask("a", "TryLock", {}, granted("<uuid-3>")), "2.4"),
];

const manyCalls: readonly Step[] = [
  holding,
  step("a call waits", waits("b", "w1")),
  step(
    "another of the same connection does not wait for it",
    ask("b", "TryLock", { name: "other" }, granted("<uuid-2>", { name: "other" })),
    "2.2",
  ),
  step("not even the one that it waits for", unlock("b", "<uuid-1>"), "2.2"),
  step("by which it has the lock", hear("w1", granted("<uuid-3>")), "2.2"),
];

const cap: readonly Step[] = [
  holding,
  step("one waits", waits("b", "w1")),
  step("two wait", waits("b", "w2", noMore(5))),
  step(
    "a third would be one too many of this connection",
    ask("b", "Lock", {}, failed(8, "a connection has at most 2 calls that wait")),
    "2.4",
  ),
  step("but may ask without waiting", ask("b", "TryLock", {}, notLocked("<uuid-2>")), "2.4"),
  step("and others may wait", waits("c", "w3"), "2.4"),
  step("one of the two leaves the line", { type: "cancel", call: "w1" }, "2.4"),
  step("so that there is room", waits("b", "w4"), "2.4"),
  step("in the order of their coming", unlock("a", "<uuid-1>")),
  step("they are granted", hear("w2", granted("<uuid-3>"))),
];

export const grpcWaitingStories: readonly GrpcStory[] = [
  { title: "first come, first served", flags: {}, steps: line },
  { title: "waiting for one of several places", flags: {}, steps: places },
  { title: "wait timeouts", flags: {}, steps: timeouts },
  { title: "leases begin with the grant", flags: {}, steps: leasesFromTheGrantOn },
  { title: "cancelled calls", flags: {}, steps: leaving },
  { title: "many calls on one connection", flags: {}, steps: manyCalls },
  {
    title: "the cap on waiting calls",
    flags: { "--limits-waiters-per-connection-max": "2" },
    steps: cap,
  },
];
