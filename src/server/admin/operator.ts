import type { Bus } from "../../bus/bus.ts";
import type {
  CreateApiToken,
  KickSession,
  Operation,
  Revoke,
  RevokeApiToken,
} from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type { RequestId } from "../../core/ids.ts";
import type { Identities } from "../../protocols/protocol.ts";
import type { Clock } from "../clock.ts";
import type { Replica } from "../replica.ts";
import { AdminError } from "./error.ts";

export interface OperatorOptions {
  readonly replica: Replica;
  readonly bus: Bus;
  /** The ids of all APIs: the session that a command concerns learns of it under the command's request. */
  readonly identities: Identities;
  readonly clock: Clock;
}

/** A command of an operator, without the address of its answer. */
export type OperatorCommand =
  | WithoutAddress<Revoke>
  | WithoutAddress<KickSession>
  | WithoutAddress<CreateApiToken>
  | WithoutAddress<RevokeApiToken>;

type WithoutAddress<C extends Operation> = Omit<C, "session" | "request">;

export interface Operator {
  /** Resolves after the commit. Rejects with `AdminError` when the log refuses the command or does not answer. */
  ask(command: OperatorCommand): Promise<Outcome>;
}

/** How long an operator waits for the disk. */
const answerMs = 10_000;

export function createOperator({ replica, bus, identities, clock }: OperatorOptions): Operator {
  const session = identities.nextSession();
  const asked = new Map<RequestId, (outcome: Outcome) => void>();
  bus.attach(session, {
    deliver: ({ request, outcome }) => asked.get(request)?.(outcome),
  });

  async function ask(command: OperatorCommand): Promise<Outcome> {
    const request = identities.nextRequest();
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const cancel = clock.after(answerMs, () => {
      reject(unavailable(`no answer within ${answerMs / 1000} s; it may still be done`));
    });
    asked.set(request, resolve);
    replica.propose([{ ...command, session, request }], (_, reason) => reject(unavailable(reason)));
    try {
      return await promise;
    } finally {
      cancel();
      asked.delete(request);
    }
  }

  return { ask };
}

function unavailable(reason: string): AdminError {
  return new AdminError(503, "unavailable", reason);
}
