/**
 * A client of LDLM that does with its leases as docs/operating/time.md recommends: it counts them by
 * its own clock, from the sending of each request on, takes them for over at 90 % and renews at a third.
 * As long as it thinks that it holds the lock, the server must think so, too.
 *
 *   asks ──granted──▶ holds ──a third──▶ asks to renew, and holds
 *                      │ ▲                        │
 *                 90 % │ └────────────────────────┘ confirmed or not
 *                      ▼
 *                 takes it for over
 */

import { InvariantBroken } from "../invariant-broken.ts";
import { holderLeaseMsMax } from "../scenario.ts";
import { type ClientParts, pause, wait } from "./client.ts";
import { callDoor, type LeaseDoor, restDoor } from "./lease-door.ts";

/** Over REST. */
export function runHolderClient(parts: ClientParts): Promise<void> {
  return holdLeases(parts, () => restDoor(parts, patienceMs));
}

/** Over gRPC, where locks outlive their connections. */
export function runHolderCallClient(parts: ClientParts): Promise<void> {
  return holdLeases(parts, () => callDoor(parts));
}

async function holdLeases(
  parts: ClientParts,
  openDoor: () => Promise<LeaseDoor | undefined>,
): Promise<void> {
  while (!parts.isOver()) {
    const door = await openDoor();
    const lease = door && (await takeLease(parts, door));
    if (lease !== undefined) await keepLease(parts, lease);
    door?.leave();
    await pause(parts, 300);
  }
}

/** Of a lease, for how long it is trusted, and when it is renewed. */
const trustedPart = 0.9;
const renewedPart = 1 / 3;

/** A restart of the server and a slow network are within it. */
const patienceMs = 3_000;

interface Lease {
  readonly door: LeaseDoor;
  readonly key: string;
  readonly ms: number;
  /** When the request was sent that was confirmed last, by the client's clock. */
  readonly sentAtMs: number;
}

async function takeLease(parts: ClientParts, door: LeaseDoor): Promise<Lease | undefined> {
  const ms = parts.random.pick([1_000, holderLeaseMsMax]);
  const sentAtMs = parts.clock.nowMs();
  const fields = { name: "held", lock_timeout_seconds: ms / 1000 };
  const answer = await door.ask("lock", fields, patienceMs);
  if (answer?.locked !== true || answer.key === undefined) return undefined;
  return { door, key: answer.key, ms, sentAtMs };
}

async function keepLease(parts: ClientParts, taken: Lease): Promise<void> {
  let lease = taken;
  for (let renewals = parts.random.below(10); trustedMs(parts, lease) > 0; renewals--) {
    assertHeld(parts, lease);
    if (renewals === 0) return await endLease(parts, lease);
    await wait(parts, Math.min(lease.ms * renewedPart, trustedMs(parts, lease)));
    assertHeld(parts, lease);
    lease = await renew(parts, lease);
  }
  parts.chronicle.tell(parts.name, () => "takes its lease for over");
}

/** For how long from now on. */
function trustedMs({ clock }: ClientParts, { ms, sentAtMs }: Lease): number {
  return sentAtMs + ms * trustedPart - clock.nowMs();
}

async function renew(parts: ClientParts, lease: Lease): Promise<Lease> {
  const { door, key, ms } = lease;
  const sentAtMs = parts.clock.nowMs();
  const fields = { name: "held", key, lock_timeout_seconds: ms / 1000 };
  const patience = Math.min(ms * renewedPart, trustedMs(parts, lease));
  const answer = await door.ask("renew", fields, patience);
  assertHeld(parts, lease);
  return answer?.locked === true ? { ...lease, sentAtMs } : lease;
}

/** Gives the lock back, or renews it no more and trusts it to the last. */
async function endLease(parts: ClientParts, lease: Lease): Promise<void> {
  if (parts.random.chance(0.5)) {
    await wait(parts, trustedMs(parts, lease));
    assertHeld(parts, lease);
    return;
  }
  await lease.door.ask("unlock", { name: "held", key: lease.key }, patienceMs);
}

function assertHeld({ name, clock, isHeld }: ClientParts, { key, ms }: Lease): void {
  if (isHeld(key)) return;
  throw new InvariantBroken(
    `${name}, whose clock runs at ${clock.speed}, trusts a lease of ${ms} ms that is over`,
  );
}
