import type { Logger } from "pino";
import type { Bus } from "../../bus/bus.ts";
import type {
  ChangeUser,
  CreateApiToken,
  CreateUser,
  DeleteUser,
  KickSession,
  Operation,
  RenameUser,
  RequestedCommand,
  Revoke,
  RevokeApiToken,
} from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type { RequestId, SessionId } from "../../core/ids.ts";
import {
  asking,
  type Behavior,
  none,
  say,
  silence,
  type Talk,
} from "../../protocols/conversation.ts";
import type { Identities } from "../../protocols/protocol.ts";
import type { Clock } from "../clock.ts";
import { createHost } from "../conversation/host.ts";
import { createFanOut } from "../fan-out.ts";
import { createOperationMeter } from "../operation-meter.ts";
import type { Replica } from "../replica.ts";
import { AdminError } from "./error.ts";

export interface OperatorOptions {
  readonly replica: Replica;
  readonly bus: Bus;
  /** The ids of all APIs: the session that a command concerns learns of it under the command's request. */
  readonly identities: Identities;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A command of an operator, without the address of its answer. */
export type OperatorCommand =
  | WithoutAddress<Revoke>
  | WithoutAddress<KickSession>
  | WithoutAddress<CreateApiToken>
  | WithoutAddress<RevokeApiToken>
  | WithoutAddress<CreateUser>
  | WithoutAddress<DeleteUser>
  | WithoutAddress<RenameUser>
  | WithoutAddress<ChangeUser>;

type WithoutAddress<C extends Operation> = Omit<C, "session" | "request">;

export interface Operator {
  /** Resolves after the commit. Rejects with `AdminError` when the log refuses the command or does not answer. */
  ask(command: OperatorCommand): Promise<Outcome>;
}

/** How long an operator waits for the disk. */
const answerMs = 10_000;

/** Operators have one conversation. It asks nothing but commands, and never ends. */
interface OperatorTalk extends Talk {
  readonly session: SessionId;
  pendingCount: number;
}

type Answer = { readonly request: RequestId } & (
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "unavailable"; readonly reason: string }
);

const operatorBehavior: Behavior<OperatorTalk, RequestedCommand, Answer> = {
  receive(talk, command) {
    talk.pendingCount += 1;
    return asking(command);
  },
  deliver(talk, { request, outcome }) {
    talk.pendingCount -= 1;
    return say({ type: "outcome", request, outcome });
  },
  refuse(talk, request, reason) {
    talk.pendingCount -= 1;
    return say({ type: "unavailable", request, reason });
  },
  stop: () => silence,
  end: () => none,
  pendingCount: ({ pendingCount }) => pendingCount,
};

export function createOperator(options: OperatorOptions): Operator {
  const { identities, clock } = options;
  const asked = new Map<RequestId, (answer: Answer) => void>();
  const meter = createOperationMeter("operator");
  const pendingMax = Number.POSITIVE_INFINITY;
  const host = createHost({ ...options, meter, pendingMax, fanOut: createFanOut(clock) });
  const talk: OperatorTalk = { session: identities.nextSession(), pendingCount: 0 };
  const seat = host.join(
    { behavior: operatorBehavior, talk },
    {
      send(answer) {
        const take = asked.get(answer.request);
        take?.(answer);
        return take !== undefined;
      },
      end() {},
      pause() {},
      resume() {},
      keep() {},
      charge() {},
      expect() {},
    },
  );

  async function ask(command: OperatorCommand): Promise<Outcome> {
    const request = identities.nextRequest();
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const cancel = clock.after(answerMs, () => {
      reject(unavailable(`no answer within ${answerMs / 1000} s; it may still be done`));
    });
    asked.set(request, (answer) => {
      if (answer.type === "outcome") resolve(answer.outcome);
      else reject(unavailable(answer.reason));
    });
    seat.receive({ ...command, session: talk.session, request });
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
