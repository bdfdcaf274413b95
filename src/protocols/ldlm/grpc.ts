/**
 * LDLM over gRPC, without I/O; docs/protocols/ldlm.md, section 2. A connection is a session:
 *
 *   no session ──first call──▶ open ──the connection is gone──▶ its locks are given back
 *
 *   a call:  asked ──the log has spoken──▶ answered
 *              └───cancelled──▶ withdrawn, and given back in case that it is granted
 */
import type { Command, Release } from "../../core/command.ts";
import type { Effect, Granted, Renewed } from "../../core/effect.ts";
import type { RequestId } from "../../core/ids.ts";
import {
  type CallEnd,
  type CallStatus,
  callDone,
  callFailed,
  decode,
  encode,
  type MessageType,
  type Metadata,
  ProtobufError,
} from "../grpc/mod.ts";
import {
  type CallAnswer,
  type Caller,
  lock,
  type PreparedCall,
  renew,
  unlock,
  withdrawal,
} from "./calls.ts";
import type { LdlmGrpcContext } from "./context.ts";
import {
  lockRequest,
  lockResponse,
  renewRequest,
  tryLockRequest,
  unlockRequest,
  unlockResponse,
} from "./messages.ts";
import { credentialsCheck } from "./password.ts";

export { ldlmFile } from "./messages.ts";

/** The service's full name. */
export const ldlmService = "ldlm.LDLM";

/** Names a call; unique on its connection. */
export type CallId = number;

export interface LdlmGrpc {
  readonly paths: ReadonlySet<string>;
  /** Why a call with this metadata is not heard; `undefined`: it is. */
  refusal(metadata: Metadata): CallStatus | undefined;
  /** What is opened must be ended. */
  open(): LdlmConnection;
}

export interface LdlmConnection {
  /** A whole request to one of the paths. */
  call(call: CallId, path: string, request: Uint8Array): CallStep;
  /** The client does not wait for the answer any more. What is to be done must not be lost: nobody asks again. */
  cancel(call: CallId): readonly Command[];
  deliver(effect: Effect): CallStep;
  /** The command was refused by the log and will never be applied. */
  refuse(request: RequestId, reason: string): CallStep;
  /** The server is stopping: who waits in line is told, and leaves it. */
  stop(): CallStep;
  /** The connection is gone. */
  end(): readonly Command[];
}

export interface CallStep {
  readonly commands: readonly Command[];
  readonly replies: readonly Reply[];
  /** The session was ended from outside: when the replies are sent, the connection is to be closed. */
  readonly isOver: boolean;
}

export interface Reply extends CallEnd {
  readonly call: CallId;
}

export function createLdlmGrpc(context: LdlmGrpcContext): LdlmGrpc {
  const credentialsError = credentialsCheck(context.password);
  return {
    paths: new Set(methods.keys()),
    refusal({ authorization }) {
      const reason = credentialsError(authorization);
      return reason === undefined ? undefined : callFailed("unauthenticated", reason);
    },
    open: () => openConnection(context),
  };
}

interface Method {
  readonly response: MessageType;
  read(request: Uint8Array, caller: Caller): PreparedCall;
}

const methods: ReadonlyMap<string, Method> = new Map<string, Method>(
  Object.entries({
    Lock: {
      response: lockResponse,
      read: (request, caller) => lock(decode(lockRequest, request), { type: "any" }, caller),
    },
    TryLock: {
      response: lockResponse,
      read: (request, caller) => lock(decode(tryLockRequest, request), { type: "none" }, caller),
    },
    Unlock: {
      response: unlockResponse,
      read: (request, caller) => unlock(decode(unlockRequest, request), caller),
    },
    Renew: {
      response: lockResponse,
      read: (request, caller) => renew(decode(renewRequest, request), caller),
    },
  } satisfies Readonly<Record<string, Method>>).map(([name, method]) => [
    `/${ldlmService}/${name}`,
    method,
  ]),
);

/** A call whose answer the log has not given yet. */
interface Asked {
  readonly call: CallId;
  readonly method: Method;
  readonly command: Ask["command"];
  readonly answer: Ask["answer"];
}

type Ask = Extract<PreparedCall, { type: "ask" }>;

function openConnection(context: LdlmGrpcContext): LdlmConnection {
  const { node, namespace, keepsLocks, nextRequest, newKey } = context;
  const session = context.nextSession();
  const caller: Caller = { session, namespace, keepsLocks, nextRequest, newKey };
  /** The session is opened with the first question: an idle connection costs the log nothing. */
  let opening: RequestId | undefined;
  /** Why it could not be opened the last time. */
  let sessionError = "the session is over";
  const pending = new Map<RequestId, Asked>();
  const requests = new Map<CallId, RequestId>();
  /** Of the pending ones, those that wait in line if they have to. */
  let patientCount = 0;

  function ask(call: CallId, method: Method, { command, answer }: Ask): CallStep {
    if (isPatient(command) && patientCount >= context.waitersMax) {
      const reason = `a connection has at most ${context.waitersMax} calls that wait`;
      return say(failure(call, callFailed("resource_exhausted", reason)));
    }
    const commands = opening === undefined ? withoutSession(command) : [command];
    pending.set(command.request, { call, method, command, answer });
    requests.set(call, command.request);
    if (isPatient(command)) patientCount += 1;
    return { ...silence, commands };
  }

  /** A key is enough to give back, and a full disk opens no session. */
  function withoutSession(command: Ask["command"]): readonly Command[] {
    if (command.type === "release") return [{ ...command, sessionless: true }];
    return [openSession(), command];
  }

  function openSession(): Command {
    const life = {
      type: "connection",
      graceMs: 0,
      restartGraceMs: context.restartGraceMs,
    } as const;
    const request = nextRequest();
    opening = request;
    return { type: "open_session", node, session, request, api: "ldlm", life };
  }

  /** Nobody expects its answer any more. */
  function settle(request: RequestId): Asked | undefined {
    const asked = pending.get(request);
    if (asked === undefined) return undefined;
    pending.delete(request);
    requests.delete(asked.call);
    if (isPatient(asked.command)) patientCount -= 1;
    return asked;
  }

  /** What takes back those that asked for a lock. */
  function withdrawals(asked: readonly Asked[]): readonly Release[] {
    return asked.flatMap(({ command }) =>
      command.type === "acquire" ? withdrawal(command, caller) : [],
    );
  }

  /** An operator has ended the session: who comes back gets another, on another connection. */
  function leave(): CallStep {
    const status = callFailed("aborted", "an operator has ended the session");
    const replies = [...pending.values()].map(({ call }) => failure(call, status));
    for (const request of [...pending.keys()]) settle(request);
    return { ...silence, replies, isOver: true };
  }

  /** The session could not be opened; the next call tries again. */
  function notOpened(reason: string): CallStep {
    opening = undefined;
    sessionError = reason;
    return silence;
  }

  return {
    call(call, path, request) {
      const method = methods.get(path);
      if (method === undefined) return say(failure(call, callFailed("unimplemented", path)));
      const read = tryRead(() => method.read(request, caller));
      if (read.type === "error") return say(failure(call, callFailed("internal", read.message)));
      if (read.type === "answer") return say(success(call, method, read.answer));
      return ask(call, method, read);
    },

    cancel(call) {
      const request = requests.get(call);
      const asked = request === undefined ? undefined : settle(request);
      return asked === undefined ? [] : withdrawals([asked]);
    },

    deliver({ request, outcome }) {
      if (outcome.type === "session_kicked") return leave();
      if (request === opening) {
        return outcome.type === "rejected" ? notOpened(outcome.reason) : silence;
      }
      if (outcome.type === "waiting") return silence;
      const asked = settle(request);
      if (asked === undefined) return silence;
      const { call, method, answer } = asked;
      if (outcome.type === "rejected" && outcome.code === "session_ended") {
        return say(failure(call, callFailed("resource_exhausted", sessionError)));
      }
      return say(success(call, method, answer(outcome)));
    },

    refuse(request, reason) {
      if (request === opening) return notOpened(reason);
      const asked = settle(request);
      if (asked === undefined) return silence;
      return say(failure(asked.call, callFailed("resource_exhausted", reason)));
    },

    stop() {
      const waiters = [...pending.values()].filter(({ command }) => isPatient(command));
      for (const { command } of waiters) settle(command.request);
      return {
        ...silence,
        commands: withdrawals(waiters),
        replies: waiters.map(({ call }) =>
          failure(call, callFailed("unavailable", "the server is stopping")),
        ),
      };
    },

    end() {
      if (opening === undefined) return [];
      // Else what is granted by now would stay, and nobody would know the key.
      const untold = keepsLocks ? withdrawals([...pending.values()]) : [];
      return [...untold, { type: "detach_session", session }];
    },
  };
}

const silence: CallStep = { commands: [], replies: [], isOver: false };

function say(reply: Reply): CallStep {
  return { ...silence, replies: [reply] };
}

function failure(call: CallId, status: CallStatus): Reply {
  return { call, status };
}

function success(call: CallId, { response }: Method, { body, grant }: CallAnswer): Reply {
  return { call, message: encode(response, body), status: callDone, metadata: metadataOf(grant) };
}

/** What LDLM's messages have no room for: the fencing token, and the end of the lease in Unix ms. */
function metadataOf(grant: Granted | Renewed | undefined): Metadata {
  if (grant === undefined) return {};
  const { token, leaseUntil } = grant;
  return {
    "x-holdfast-token": String(token),
    ...(leaseUntil !== undefined && { "x-holdfast-lease-until": String(leaseUntil) }),
  };
}

function isPatient(command: Ask["command"]): boolean {
  return command.type === "acquire" && command.waitMs !== 0;
}

function tryRead(
  read: () => PreparedCall,
): PreparedCall | { readonly type: "error"; readonly message: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtobufError) return { type: "error", message: error.message };
    throw error;
  }
}
