/**
 * One gRPC connection of LDLM; docs/protocols/ldlm.md, section 2. A connection is a session:
 *
 *   no session ──first call──▶ open ──the connection ends──▶ its locks are released
 *
 *   a call:  asked ──outcome──▶ answered
 *              └───cancelled──▶ withdrawn, and released if it was granted meanwhile
 */
import type { Command, Release } from "../../core/command.ts";
import type { Effect, Granted, Renewed } from "../../core/effect.ts";
import type { RequestId } from "../../core/ids.ts";
import {
  type CallEnd,
  type CallStatus,
  callDone,
  callFailed,
  encode,
  type Metadata,
  ProtobufError,
} from "../grpc/mod.ts";
import {
  type CallAnswer,
  type Caller,
  type PreparedCall,
  tryPrepare,
  withdrawal,
} from "./calls.ts";
import { type GrpcCall, grpcCalls } from "./grpc-calls.ts";
import type { LdlmConnectionOptions } from "./options.ts";

/** The id of a call, unique on its connection. */
export type CallId = number;

export interface LdlmConnection {
  /** Takes a whole request to one of the paths. */
  call(call: CallId, path: string, request: Uint8Array): CallStep;
  /** The client has cancelled the call. Its withdrawal must not be lost, because no client repeats it. */
  cancel(call: CallId): readonly Command[];
  deliver(effect: Effect): CallStep;
  /** The log has refused the command and will never apply it. */
  refuse(request: RequestId, reason: string): CallStep;
  /** The server is stopping: withdraws and answers the waiting calls. */
  stop(): CallStep;
  /** The connection has ended. */
  end(): readonly Command[];
}

export interface CallStep {
  readonly commands: readonly Command[];
  readonly replies: readonly Reply[];
  /** An operator has ended the session: close the connection behind the replies. */
  readonly isOver: boolean;
}

export interface Reply extends CallEnd {
  readonly call: CallId;
}

/** A call whose outcome is pending. */
interface Asked {
  readonly call: CallId;
  readonly response: GrpcCall["response"];
  readonly command: Ask["command"];
  readonly answer: Ask["answer"];
}

type Ask = Extract<PreparedCall, { type: "ask" }>;

export function openConnection(options: LdlmConnectionOptions): LdlmConnection {
  const { node, namespace, keepsLocks, nextRequest, newKey } = options;
  const session = options.nextSession();
  const caller: Caller = { session, namespace, keepsLocks, nextRequest, newKey };
  /** The first command opens the session, so that an idle connection costs the log nothing. */
  let opening: RequestId | undefined;
  /** Why the last attempt to open the session failed. */
  let sessionError = "the session is over";
  const pending = new Map<RequestId, Asked>();
  const requests = new Map<CallId, RequestId>();
  /** Pending calls that may wait in line. */
  let patientCount = 0;

  function ask(call: CallId, { response }: GrpcCall, { command, answer }: Ask): CallStep {
    if (isPatient(command) && patientCount >= options.waitersMax) {
      const reason = `a connection has at most ${options.waitersMax} calls that wait`;
      return say(failure(call, callFailed("resource_exhausted", reason)));
    }
    const commands = opening === undefined ? withoutSession(command) : [command];
    pending.set(command.request, { call, response, command, answer });
    requests.set(call, command.request);
    if (isPatient(command)) patientCount += 1;
    return { ...silence, commands };
  }

  /** A release needs only its key, and a full disk cannot open a session. */
  function withoutSession(command: Ask["command"]): readonly Command[] {
    if (command.type === "release") return [{ ...command, sessionless: true }];
    return [openSession(), command];
  }

  function openSession(): Command {
    const life = {
      type: "connection",
      graceMs: 0,
      restartGraceMs: options.restartGraceMs,
    } as const;
    const request = nextRequest();
    opening = request;
    return {
      type: "open_session",
      node,
      session,
      request,
      api: "ldlm",
      life,
      origin: options.origin(),
    };
  }

  /** Forgets the request: its call needs no further answer. */
  function settle(request: RequestId): Asked | undefined {
    const asked = pending.get(request);
    if (asked === undefined) return undefined;
    pending.delete(request);
    requests.delete(asked.call);
    if (isPatient(asked.command)) patientCount -= 1;
    return asked;
  }

  /** The commands that withdraw those calls that asked for a lock. */
  function withdrawals(asked: readonly Asked[]): readonly Release[] {
    return asked.flatMap(({ command }) =>
      command.type === "acquire" ? withdrawal(command, caller) : [],
    );
  }

  /** An operator has ended the session. A client that returns gets another, on another connection. */
  function leave(): CallStep {
    const status = callFailed("aborted", "an operator has ended the session");
    const replies = [...pending.values()].map(({ call }) => failure(call, status));
    for (const request of [...pending.keys()]) settle(request);
    return { ...silence, replies, isOver: true };
  }

  /** The log could not open the session; the next call tries again. */
  function notOpened(reason: string): CallStep {
    opening = undefined;
    sessionError = reason;
    return silence;
  }

  return {
    call(call, path, request) {
      const method = grpcCalls.get(path);
      if (method === undefined) return say(failure(call, callFailed("unimplemented", path)));
      const prepared = tryPrepare(() => method.prepare(request, caller), ProtobufError);
      if (prepared.type === "error") {
        return say(failure(call, callFailed("internal", prepared.message)));
      }
      if (prepared.type === "answer") return say(success(call, method.response, prepared.answer));
      return ask(call, method, prepared);
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
      const { call, response, answer } = asked;
      if (outcome.type === "rejected" && outcome.code === "session_ended") {
        return say(failure(call, callFailed("resource_exhausted", sessionError)));
      }
      return say(success(call, response, answer(outcome)));
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
      // Otherwise a lock that was just granted would stay, and no client would have its key.
      const unanswered = keepsLocks ? withdrawals([...pending.values()]) : [];
      return [...unanswered, { type: "detach_session", session }];
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

function success(call: CallId, response: GrpcCall["response"], { body, grant }: CallAnswer): Reply {
  return { call, message: encode(response, body), status: callDone, metadata: metadataOf(grant) };
}

/** The fencing token and the end of the lease in Unix ms, for which LDLM's messages have no room. */
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
