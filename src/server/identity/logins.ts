/**
 * Judges the passwords of users. Wrong guesses slow down further ones, of the same address and for the same user:
 *
 *   attempt ──was right a while ago──▶ judged
 *      │ wrong guesses from the address, or for the user
 *      ├── few ──▶ judged
 *      ├── many ──▶ waits ──▶ judged
 *      └── and too many of the address wait ──▶ refused unjudged
 */
import type { PasswordRecord } from "../../core/command.ts";
import { networkOf } from "../../core/network.ts";
import type { Clock } from "../clock.ts";
import type { CredentialRefusals } from "./credential-refusals.ts";
import { createGuesses } from "./guesses.ts";
import type { Passwords } from "./passwords.ts";

export interface LoginAttempt {
  /** Of the API that asks. */
  readonly api: string;
  readonly user: string;
  readonly password: string;
  /** That of the user; `undefined`: there is no such user, of which nobody learns. */
  readonly record: PasswordRecord | undefined;
  /** Without the port; empty if it is unknown. */
  readonly address: string;
}

export type LoginJudgement = "right" | "wrong" | "too_many_guesses";

export interface Logins {
  judge(attempt: LoginAttempt): Promise<LoginJudgement>;
}

export interface LoginsOptions {
  readonly passwords: Pick<Passwords, "isRight" | "isKnown">;
  readonly clock: Pick<Clock, "nowMs" | "after">;
  readonly refusals: Pick<CredentialRefusals, "note">;
}

/** Attempts of one address that wait; more are refused. */
const waitingMax = 8;

export function createLogins({ passwords, clock, refusals }: LoginsOptions): Logins {
  const ofAddresses = createGuesses(clock.nowMs);
  const ofUsers = createGuesses(clock.nowMs, { keyOf: (user) => user });
  const waiting = new Map<string, number>();

  async function pause(network: string, ms: number): Promise<void> {
    waiting.set(network, (waiting.get(network) ?? 0) + 1);
    await new Promise<void>((resolve) => clock.after(ms, resolve));
    const left = (waiting.get(network) ?? 0) - 1;
    if (left > 0) waiting.set(network, left);
    else waiting.delete(network);
  }

  async function judged(attempt: LoginAttempt): Promise<LoginJudgement> {
    const { user, password, record, address } = attempt;
    const network = networkOf(address);
    if (!passwords.isKnown(password, record)) {
      const waitMs = Math.max(ofAddresses.waitMs(address), ofUsers.waitMs(user));
      if (waitMs > 0 && (waiting.get(network) ?? 0) >= waitingMax) return "too_many_guesses";
      if (waitMs > 0) await pause(network, waitMs);
    }
    if (await passwords.isRight(password, record)) return "right";
    ofAddresses.count(address);
    ofUsers.count(user);
    return "wrong";
  }

  return {
    async judge(attempt) {
      const { api, address: remoteAddress } = attempt;
      const judgement = await judged(attempt);
      if (judgement !== "right") refusals.note({ api, reason: judgement, remoteAddress });
      return judgement;
    },
  };
}
