/**
 * A client of Nexus. On one connection after another it takes locks and gives them back, writes to its own pipe and to those of
 * others, reads its own, publishes and hears events, pushes tasks and works at them, and keeps a user by which it logs in. The scenario gives every tag to
 * who has not logged in, so the client can make its user.
 */
import { InvariantBroken } from "../invariant-broken.ts";
import { type ClientParts, pause, wait } from "./client.ts";
import { createAccount, type NexusAccount } from "./nexus-account.ts";
import { connectNexus, type NexusAnswer, type NexusPeer } from "./nexus-peer.ts";
import { createNexusPipe, type NexusPipe } from "./nexus-pipe.ts";
import { createNexusWorker, type NexusWorker } from "./nexus-worker.ts";

export async function runNexusClient(parts: ClientParts): Promise<void> {
  const { random, name } = parts;
  const account = createAccount(parts);
  for (let count = 1; !parts.isOver(); count++) {
    const peer = connectNexus(parts, `${name}.${count}`);
    if (await peer.opened) await useConnection(parts, peer, account);
    peer.close();
    if (random.chance(0.2)) await assertPassedOn(parts);
    await pause(parts, 300);
  }
}

interface Visit {
  readonly peer: NexusPeer;
  readonly account: NexusAccount;
  /** Locks that it surely holds while the connection lives. */
  readonly held: Set<string>;
  readonly worker: NexusWorker;
  pipe: NexusPipe | undefined;
}

async function useConnection(
  parts: ClientParts,
  peer: NexusPeer,
  account: NexusAccount,
): Promise<void> {
  const { random } = parts;
  const worker = createNexusWorker(parts, peer);
  const visit: Visit = { peer, account, held: new Set(), worker, pipe: undefined };
  // From here on errors are those of version 1.
  await peer.ask("sys.version");
  if (random.chance(0.5)) await account.logIn(peer);
  const turns = 1 + random.below(15);
  for (let turn = 0; turn < turns && !parts.isOver() && !peer.isLost; turn++) {
    await takeTurn(parts, visit);
    await pause(parts, random.pick([1, 20, 500]));
  }
}

async function takeTurn(parts: ClientParts, visit: Visit): Promise<void> {
  const { peer, account, worker } = visit;
  const roll = parts.random.below(16);
  if (roll < 4) await lockOrUnlock(parts, visit);
  else if (roll < 6) await account.change(peer);
  else if (roll < 11) await worker.act();
  else await usePipes(parts, visit);
}

/** The name of a lock that no other client takes. */
function ownLock({ name }: ClientParts): string {
  return `of-${name.replaceAll(" ", "-")}`;
}

async function lockOrUnlock(parts: ClientParts, visit: Visit): Promise<void> {
  const { random, scenario } = parts;
  const lock = random.pick([ownLock(parts), ...scenario.names]);
  const { peer, held } = visit;
  const wasHeld = held.has(lock);
  if (random.chance(wasHeld ? 0.2 : 0.8)) {
    const isTaken = isOwner(parts, await peer.ask("sync.lock", { lock }));
    if (isTaken === true && wasHeld) broken(parts, `takes ${lock}, which it holds`);
    if (isTaken === true) held.add(lock);
    return;
  }
  held.delete(lock);
  const wasOwner = isOwner(parts, await peer.ask("sync.unlock", { lock }));
  if (wasOwner === false && wasHeld) broken(parts, `learns that its own ${lock} was not held`);
}

/** What the answer says about whose the lock is; `undefined`: nothing. */
function isOwner(parts: ClientParts, answer: NexusAnswer): boolean | undefined {
  if (answer.type === "unknown") return undefined;
  if (answer.type === "result") return true;
  if (answer.code !== notOwned) broken(parts, `is refused a lock: ${answer.words}`);
  return false;
}

const notOwned = -32006;

/** The locks of connections that have ended are over, once the server has had time to notice. */
async function assertPassedOn(parts: ClientParts): Promise<void> {
  await wait(parts, connectionEndMsMax);
  while (parts.isWanted(ownLock(parts))) {
    if (parts.isCalm()) broken(parts, "has gone, and its lock is still held");
    await wait(parts, 100);
  }
}

/** Two pings, and the delay that L1 allows. */
const connectionEndMsMax = 2_500;

const topics = ["c/news", "c/to/1"] as const;

async function usePipes(parts: ClientParts, visit: Visit): Promise<void> {
  const { random, pipes } = parts;
  const { peer } = visit;
  visit.pipe ??= await createNexusPipe(parts, peer);
  const { pipe } = visit;
  if (pipe === undefined) return;
  const roll = random.below(6);
  if (roll < 2) await pipe.read();
  else if (roll === 2) await pipe.subscribeOrNot(random.pick(topics));
  else if (roll === 3) await pipe.publish(random.pick(topics));
  else {
    const here = pipes.filter(({ node }) => node === peer.node);
    await pipe.write(random.pick([pipe.id, ...here.slice(-3).map(({ id }) => id)]));
  }
}

function broken({ name }: ClientParts, what: string): never {
  throw new InvariantBroken(`${name} ${what}`);
}
