/**
 * A client of LDLM that treats its leases as docs/operating/time.md recommends: it counts them by its own
 * clock from the moment it sends each request, considers them over at 90 %, and renews at each third. While the
 * client considers the lock its own, the log must say so, too.
 *
 *   acquires ──granted──▶ holds ──a third──▶ renews, and holds
 *                          │ ▲                    │
 *                     90 % │ └────────────────────┘ confirmed or not
 *                          ▼
 *                   considers it over
 */

import { InvariantBroken } from "../invariant-broken.ts";
import { holderLeaseMsMax } from "../scenario.ts";
import { type ClientParts, pause, wait } from "./client.ts";
import { callDoor, type LeaseDoor, restDoor } from "./lease-door.ts";

/** Holds its leases over REST. */
export function runHolderClient(parts: ClientParts): Promise<void> {
  return holdLeases(parts, () => restDoor(parts, patienceMs));
}

/** Holds its leases over gRPC, where locks outlive their connections. */
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

/** Parts of a lease: for so long the client trusts it, and after so long it renews. */
const trustedPart = 0.9;
const renewedPart = 1 / 3;

/** Longer than a restart of the server, and than a slow network needs. */
const patienceMs = 3_000;

interface Lease {
  readonly door: LeaseDoor;
  readonly key: string;
  readonly ms: number;
  /** The moment by the client's clock at which it sent the request that was confirmed last. */
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
  parts.chronicle.write(parts.name, () => "considers its lease over");
}

/** The time from now on for which the client trusts its lease. */
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

/** Releases the lock, or lets the lease run out and trusts it to the last. */
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
