import assert from "node:assert/strict";
import { openLdlmClient } from "../ldlm-client.ts";
import { type Diary, watched } from "./diary.ts";
import type { Credentials } from "./holdings.ts";

const leaseSeconds = 1;

/**
 * One lease after the other: a holder that does not renew, and a second client in line, who measures how late
 * it gets the lock. Both measure on one clock, from the answer to the holder to the answer to the waiter.
 */
export async function leaseAfterLease(
  port: number,
  { password }: Credentials,
  { diary, pause }: { readonly diary: Diary; pause(ms: number): Promise<void> },
): Promise<void> {
  const wishes = password === undefined ? {} : { metadata: { authorization: password } };
  const [holder, waiter] = [openLdlmClient(port), openLdlmClient(port)];
  try {
    for (let turn = 0; ; turn += 1) {
      const name = `leased-${turn}`;
      const asks = { name, lock_timeout_seconds: leaseSeconds };
      const held = await holder.call("TryLock", asks, wishes).ended;
      assert.equal(held.message?.locked, true, held.details);
      const sinceMs = performance.now() + 1000 * leaseSeconds;
      const answer = waiter.call("Lock", asks, wishes).ended;
      const got = await watched(diary, "leaseLateMs", { sinceMs, answer });
      assert.equal(got.message?.locked, true, got.details);
      await waiter.call("Unlock", { name, key: got.message?.key }, wishes).ended;
      await pause(0);
    }
  } finally {
    holder.close();
    waiter.close();
  }
}
