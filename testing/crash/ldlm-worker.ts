import assert from "node:assert/strict";
import type { Random } from "../history/random.ts";
import type { LdlmSession } from "../ldlm-session.ts";
import type { Ledger } from "./ledger.ts";

export interface LdlmWorker {
  /** Its name in the ledger. */
  readonly client: string;
  readonly session: LdlmSession;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly names: readonly [string, ...string[]];
}

/** A lock of which the worker was told that it has it. */
export interface Holding {
  readonly name: string;
  readonly key: string;
  readonly isLeased: boolean;
}

/** Long enough for no lease to run out. */
const leaseSeconds = 3600;

/** Takes, renews and gives back locks until the server is gone; then says what it holds. */
export async function workOverLdlm(worker: LdlmWorker): Promise<readonly Holding[]> {
  const holdings: Holding[] = [];
  try {
    for (;;) await takeTurn(worker, holdings);
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    return holdings.filter(({ name }) => worker.ledger.heldBy(worker.client).includes(name));
  }
}

/** So fetch puts it; the cause is what happened to the socket. */
function isConnectionLost(error: unknown): boolean {
  return error instanceof TypeError && error.cause !== undefined;
}

async function takeTurn(worker: LdlmWorker, holdings: Holding[]): Promise<void> {
  const { random, names } = worker;
  const held = holdings[0];
  if (held !== undefined && random.chance(0.5)) {
    if (held.isLeased && random.chance(0.5)) return renew(worker, held);
    await unlock(worker, held);
    holdings.shift();
    return;
  }
  const name = random.pick(names);
  if (holdings.some((holding) => holding.name === name)) return;
  const taken = await lock(worker, name);
  if (taken !== undefined) holdings.push(taken);
}

async function lock(
  { client, session, ledger, random }: LdlmWorker,
  name: string,
): Promise<Holding | undefined> {
  const isLeased = random.chance(0.5);
  ledger.doubt([name], client);
  const { locked, key = "" } = await session.lock(name, {
    lock_timeout_seconds: isLeased ? leaseSeconds : 0,
  });
  if (locked) ledger.hold([name], client);
  else ledger.free([name], client);
  return locked ? { name, key, isLeased } : undefined;
}

async function renew({ session, ledger }: LdlmWorker, { name, key }: Holding): Promise<void> {
  assert.equal((await session.renew(name, key, leaseSeconds)).locked, true);
  ledger.acknowledge();
}

async function unlock(
  { client, session, ledger }: LdlmWorker,
  { name, key }: Holding,
): Promise<void> {
  ledger.doubt([name], client);
  assert.deepEqual(await session.unlock(name, key), { unlocked: true, name });
  ledger.free([name], client);
}

/** After a restart: the old cookie and the old key still prove what was held. Gives it all back. */
export async function reclaim(session: LdlmSession, holdings: readonly Holding[]): Promise<void> {
  for (const { name, key, isLeased } of holdings) {
    if (isLeased) {
      assert.equal((await session.renew(name, key, leaseSeconds)).locked, true);
    }
    assert.deepEqual(await session.unlock(name, key), { unlocked: true, name });
  }
}
