/**
 * A client of LDLM gRPC: on its connection it acquires, awaits, renews and releases locks, several at a time, and
 * cancels calls that wait. A cancelled call must leave the line although its connection lives.
 */

import { InvariantBroken } from "../invariant-broken.ts";
import { type Asking, type Caller, openCaller } from "./caller.ts";
import { type ClientParts, pause, wait } from "./client.ts";

export async function runCallClient(parts: ClientParts): Promise<void> {
  const holdings: Holding[] = [];
  while (!parts.isOver()) {
    const caller = openCaller(parts);
    await useCaller(parts, { caller, holdings });
    caller.close();
    await pause(parts, 300);
  }
}

interface Holding {
  readonly name: string;
  readonly key: string;
}

interface User {
  readonly caller: Caller;
  /** Keys of earlier connections among them: the client may still hold those locks, or claim them by a renewal. */
  readonly holdings: Holding[];
}

async function useCaller(parts: ClientParts, user: User): Promise<void> {
  const { random } = parts;
  const { caller } = user;
  const turns = 1 + random.below(15);
  for (let turn = 0; turn < turns && !caller.isLost && !parts.isOver(); turn++) {
    await takeTurn(parts, user);
    await pause(parts, random.pick([1, 20, 500]));
  }
}

async function takeTurn(parts: ClientParts, user: User): Promise<void> {
  const { random, keys } = parts;
  const roll = random.below(10);
  const held = user.holdings[0];
  if (held !== undefined && roll < 2) {
    const fields = { ...held, lock_timeout_seconds: leaseSeconds(parts) };
    await user.caller.ask("Renew", fields, { patienceMs: patienceMs(parts) }).answer;
  } else if (held !== undefined && roll < 5) {
    user.holdings.shift();
    await unlock(parts, user, held);
  } else if (roll === 5 && keys.length > 0) {
    await unlock(parts, user, keys[random.below(keys.length)] as Holding);
  } else if ((roll === 6 || roll === 7) && !parts.scenario.keepsLocks) {
    await cancelOne(parts, user.caller);
  } else {
    // Several at once, because no call may wait for another.
    const count = random.pick([1, 1, 2, 4]);
    await Promise.all(Array.from({ length: count }, () => lock(parts, user)));
  }
}

async function unlock(parts: ClientParts, { caller }: User, { name, key }: Holding): Promise<void> {
  await caller.ask("Unlock", { name, key }, { patienceMs: patienceMs(parts) }).answer;
}

async function lock(parts: ClientParts, { caller, holdings }: User): Promise<void> {
  const { random, scenario, keys } = parts;
  const name = random.pick(scenario.names);
  const fields = {
    name,
    size: name === "a" ? 1 : random.pick([2, 2, 2, 3]),
    // A lock that outlives its connection needs a lease to end.
    ...((scenario.keepsLocks || random.chance(0.6)) && {
      lock_timeout_seconds: leaseSeconds(parts),
    }),
    ...(random.chance(0.6) && { wait_timeout_seconds: random.pick([1, 3, 60]) }),
  };
  const method = random.pick<"Lock" | "TryLock">(["Lock", "Lock", "TryLock"]);
  const wishes = { patienceMs: patienceMs(parts), isDeadline: random.chance(0.5) };
  const answer = await caller.ask(method, fields, wishes).answer;
  if (answer?.locked !== true || answer.key === undefined) return;
  holdings.push({ name, key: answer.key });
  keys.push({ name, key: answer.key });
}

/** Queues behind its own lock, which no other client uses, and cancels those calls. */
async function cancelOne(parts: ClientParts, caller: Caller): Promise<void> {
  const { name, random } = parts;
  const patient = { patienceMs: 60_000 };
  const own = { name: `of ${name}` };
  const held = await caller.ask("Lock", own, patient).answer;
  if (held?.locked !== true) return;
  const waiting: Asking[] = [];
  for (let count = 1 + random.below(3); count > 0; count--) {
    waiting.push(caller.ask("Lock", own, patient));
  }
  await pause(parts, random.pick([0, 1, 50]));
  for (const { cancel } of waiting) cancel();
  const answers = await Promise.all(waiting.map(({ answer }) => answer));
  const unlocking = caller.ask("Unlock", { ...own, key: held.key }, patient);
  const isRefused = answers.some((answer) => answer?.locked !== undefined);
  if (isRefused || (await unlocking.answer)?.unlocked !== true) return;
  await assertGone(parts, caller, own.name);
}

/** The client cancelled the calls before the unlock, so the log has their releases before it, unless it was full. */
async function assertGone(parts: ClientParts, caller: Caller, lockName: string): Promise<void> {
  while (parts.isWanted(lockName) && !caller.isLost) {
    if (parts.isCalm()) {
      throw new InvariantBroken(
        `${parts.name} has cancelled its calls, and they are still in line`,
      );
    }
    await wait(parts, 100);
  }
}

function leaseSeconds({ random }: ClientParts): number {
  return random.pick([1, 1, 2, 5]);
}

function patienceMs({ random }: ClientParts): number {
  return random.pick([200, 3_000, 60_000]);
}
