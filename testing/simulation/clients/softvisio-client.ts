/**
 * A client of softvisio: on one connection or two it locks and unlocks mutexes, at times over the other
 * connection, aborts calls, and publishes and receives events. Whatever it has aborted must be gone although its
 * connection lives, and its mutexes must be free once the connection has ended.
 */

import { InvariantBroken } from "../invariant-broken.ts";
import { type ClientParts, pause, wait } from "./client.ts";
import type { Fence } from "./mutex-book.ts";
import { connectSoftvisio, type SoftvisioCall, type SoftvisioPeer } from "./softvisio-peer.ts";

export async function runSoftvisioClient(parts: ClientParts): Promise<void> {
  const { random, name } = parts;
  const fence: Fence = { token: 0 };
  for (let count = 1; !parts.isOver(); count++) {
    const letters = random.pick([["a"], ["a", "b"]]);
    const peers = letters.map((letter) =>
      connectSoftvisio(parts, `${name}.${count}${letter}`, fence),
    );
    const user: User = { peers, fence, lockIds: [] };
    const opened = await Promise.all(peers.map((peer) => peer.opened));
    if (opened.every((isOpen) => isOpen)) await useConnections(parts, user);
    for (const peer of peers) peer.close();
    if (random.chance(0.2)) await assertPassedOn(parts, user);
    await pause(parts, 300);
  }
}

interface User {
  readonly peers: readonly SoftvisioPeer[];
  readonly fence: Fence;
  /** The ids of all locks that were granted to it. */
  readonly lockIds: string[];
}

async function useConnections(parts: ClientParts, user: User): Promise<void> {
  const { random } = parts;
  const turns = 1 + random.below(15);
  for (let turn = 0; turn < turns && !parts.isOver(); turn++) {
    const peer = random.pick(user.peers as [SoftvisioPeer, ...SoftvisioPeer[]]);
    if (peer.isLost) return;
    await takeTurn(parts, user, peer);
    await pause(parts, random.pick([1, 20, 500]));
  }
}

async function takeTurn(parts: ClientParts, user: User, peer: SoftvisioPeer): Promise<void> {
  const { random, scenario, keys } = parts;
  const roll = random.below(12);
  if (roll < 4) {
    // Several at once, because no call may wait for another, except for its mutex.
    const count = random.pick([1, 1, 2, 4]);
    await Promise.all(Array.from({ length: count }, () => holdOne(parts, user, peer)));
  } else if (roll === 4 && keys.length > 0) {
    const { name, key } = keys[random.below(keys.length)] as (typeof keys)[number];
    await unlock(parts, peer, { mutexId: name, lockId: key }).answer;
  } else if (roll === 5) {
    await look(parts, peer, random.pick(scenario.names)).answer;
  } else if (roll < 8) {
    await giveUp(parts, user, peer);
  } else if (roll < 10) {
    subscribeOrNot(parts, peer);
  } else {
    await publish(parts, peer);
  }
}

/** Locks one of the mutexes that all clients want, and unlocks it in most cases. */
async function holdOne(parts: ClientParts, user: User, peer: SoftvisioPeer): Promise<void> {
  const { random, scenario, keys } = parts;
  const mutexId = random.pick(scenario.names);
  const method = random.pick<LockMethod>(["lock", "lock", "try-lock"]);
  const answer = await lock(parts, user, peer, { method, mutexId }).answer;
  if (typeof answer?.data !== "string") return;
  const lockId = answer.data;
  user.lockIds.push(lockId);
  if (random.chance(0.2)) {
    peer.mutexes.share(lockId);
    keys.push({ name: mutexId, key: lockId });
  }
  if (random.chance(0.3)) await look(parts, peer, mutexId).answer;
  await pause(parts, random.pick([0, 1, 100, 3_000]));
  if (random.chance(0.1)) return;
  const other = random.pick(user.peers as [SoftvisioPeer, ...SoftvisioPeer[]]);
  if (other !== peer) peer.mutexes.share(lockId);
  await unlock(parts, other, { mutexId, lockId }).answer;
}

type LockMethod = "lock" | "try-lock";

interface LockWish {
  readonly method: LockMethod;
  readonly mutexId: string;
  readonly patienceMs?: number;
}

function lock(
  parts: ClientParts,
  { fence }: User,
  peer: SoftvisioPeer,
  { method, mutexId, patienceMs = anyPatienceMs(parts) }: LockWish,
): SoftvisioCall {
  const about = { type: "lock", mutexId, above: fence.token } as const;
  return peer.ask(`/v1/mutexes/${method}`, [mutexId], { patienceMs, about });
}

interface Held {
  readonly mutexId: string;
  readonly lockId: string;
}

function unlock(parts: ClientParts, peer: SoftvisioPeer, { mutexId, lockId }: Held): SoftvisioCall {
  const about = { type: "unlock", lockId } as const;
  const patienceMs = anyPatienceMs(parts);
  return peer.ask("/v1/mutexes/unlock", [mutexId, lockId], { patienceMs, about });
}

function look(parts: ClientParts, peer: SoftvisioPeer, mutexId: string): SoftvisioCall {
  const about = { type: "look", heldId: peer.mutexes.surelyHeld(mutexId) } as const;
  return peer.ask("/v1/mutexes/is-locked", [mutexId], { patienceMs: anyPatienceMs(parts), about });
}

/** Locks a mutex that no other client uses, and aborts that, whether or not it was granted. */
async function giveUp(parts: ClientParts, user: User, peer: SoftvisioPeer): Promise<void> {
  const { name, random } = parts;
  const mutexId = `of ${name}`;
  const patienceMs = 60_000;
  const isTaken = random.chance(0.5);
  const first = lock(parts, user, peer, { method: "lock", mutexId, patienceMs });
  const held = isTaken ? await first.answer : undefined;
  const calls = isTaken ? [] : [first];
  for (let count = random.below(3); count > 0; count--) {
    calls.push(lock(parts, user, peer, { method: "lock", mutexId, patienceMs }));
  }
  await pause(parts, random.pick([0, 1, 50, 1_000]));
  for (const call of calls) call.abort();
  // Locks that were granted before the abort are unlocked.
  const answers = [held, ...(await Promise.all(calls.map(({ answer }) => answer)))];
  const lockIds = answers.flatMap((answer) =>
    typeof answer?.data === "string" ? [answer.data] : [],
  );
  for (const lockId of [...lockIds, nobodysId]) {
    if (!(await unlockSurely(parts, peer, { mutexId, lockId }))) return;
  }
  await assertGone(parts, peer, mutexId);
}

/** Resolves to whether the server has answered in the end; it may lack a disk for a while. */
async function unlockSurely(parts: ClientParts, peer: SoftvisioPeer, held: Held): Promise<boolean> {
  for (let tries = 0; tries < 4 && !peer.isLost; tries++) {
    if (tries > 0) await wait(parts, 1_500);
    if ((await unlock(parts, peer, held).answer) !== undefined) return true;
  }
  return false;
}

/** Unlocked last: the answer shows that the server has taken everything before it. */
const nobodysId = "00000000-0000-4000-8000-000000000000";

/** The server remembers the abort even if its log was full at that time. */
async function assertGone(parts: ClientParts, peer: SoftvisioPeer, mutexId: string): Promise<void> {
  const { isWanted, isCalm, clock, name } = parts;
  // Until then an earlier connection may have left something behind.
  const untilMs = clock.nowMs() + connectionEndMsMax;
  while (isWanted(mutexId) && !peer.isLost) {
    if (isCalm() && clock.nowMs() > untilMs) {
      throw new InvariantBroken(`${name} has aborted its calls, and they are still in line`);
    }
    await wait(parts, 100);
  }
}

/** The locks of connections that have ended are over, once the server has had time to notice. */
async function assertPassedOn(parts: ClientParts, { lockIds }: User): Promise<void> {
  if (lockIds.length === 0) return;
  await wait(parts, connectionEndMsMax);
  while (lockIds.some(parts.isHeld)) {
    if (parts.isCalm()) {
      throw new InvariantBroken(`${parts.name} has gone, and its locks are still held`);
    }
    await wait(parts, 100);
  }
}

/** Two pings, and the delay that L1 allows. */
const connectionEndMsMax = 2_500;

const clusterId = "c";
const users = ["1", "2"] as const;
const topics = ["news", ...users.map((user) => `to/${user}`)];

function topicOf(name: string): string {
  return `/cluster/${clusterId}/${name}`;
}

function subscribeOrNot({ random }: ClientParts, peer: SoftvisioPeer): void {
  const names = topics.filter(() => random.chance(0.6)).map(topicOf);
  if (random.chance(0.8)) {
    for (const name of names) peer.events.subscribe(name);
    peer.notify("/subscribe", [names]);
  } else {
    for (const name of names) peer.events.unsubscribe(name);
    peer.notify("/unsubscribe", [names]);
  }
}

/** Publishes to everybody, or to some users, each of whom receives the event under a topic of its own. */
async function publish(parts: ClientParts, peer: SoftvisioPeer): Promise<void> {
  const { random } = parts;
  const { ledger } = peer;
  const addressed = random.chance(0.3) ? users.filter(() => random.chance(0.7)) : undefined;
  const names = addressed?.map((user) => `to/${user}`) ?? ["news"];
  const publication = ledger.publish(names.map(topicOf), peer.name);
  const event = {
    name: addressed === undefined ? "news" : "to/",
    ...(addressed !== undefined && { users: addressed }),
    data: publication.payload,
  };
  if (random.chance(0.3)) {
    peer.notify("/v1/events/publish", [clusterId, event]);
    return;
  }
  const patienceMs = anyPatienceMs(parts);
  const { answer } = peer.ask("/v1/events/publish", [clusterId, event], { patienceMs });
  if ((await answer) !== undefined) ledger.confirm(publication);
}

function anyPatienceMs({ random }: ClientParts): number {
  return random.pick([200, 3_000, 60_000]);
}
