/**
 * How a gRPC connection of LDLM behaves; docs/protocols/ldlm.md, section 2. A connection is a session:
 *
 *   no session ──first call──▶ open ──the connection ends──▶ its locks are released
 *
 *   a call:  asked ──outcome──▶ answered
 *              └───cancelled──▶ withdrawn, and released if it was granted meanwhile
 */
import type { Command, Release } from "../../core/command.ts";
import type { Effect, Outcome } from "../../core/effect.ts";
import type { RequestId } from "../../core/ids.ts";
import { type Behavior, none, type Step, say, silence } from "../conversation.ts";
import {
  type CallId,
  type CallInput,
  type CallStatus,
  callDone,
  callFailed,
  encode,
  ProtobufError,
  type Reply,
} from "../grpc/mod.ts";
import { type CredentialsFault, guessesSlowed, type Judgement } from "../identity.ts";
import { nowJudged, whenJudged } from "../judging.ts";
import { originOf } from "../origin.ts";
import { detach, notOpened, openSession, waitersFull } from "../own-session.ts";
import {
  type AskedCall,
  answerOf,
  type CallAnswer,
  type Caller,
  isPatient,
  tryPrepare,
  withdrawal,
} from "./calls.ts";
import { extraFields, extrasOf } from "./extras.ts";
import { grpcCalls } from "./grpc-calls.ts";
import type { AskingCall, LdlmGrpcTalk, PendingCall } from "./grpc-talk.ts";
import { bareCredentials } from "./password.ts";

type Reaction = Step<Reply>;

export const ldlmGrpcBehavior: Behavior<LdlmGrpcTalk, CallInput, Reply> = {
  receive: (talk, said) => (said.type === "call" ? call(talk, said) : cancel(talk, said.call)),
  worked: (talk, _, result) =>
    nowJudged(talk, result, (said, judgement) => admit(talk, said, judgement)),
  deliver,
  refuse(talk, request, reason) {
    if (request === talk.opening) notOpened(talk, reason);
    return failedFor(settle(talk, request), reason);
  },
  stop,
  end(talk) {
    if (talk.opening === undefined) return none;
    noteBriefGrant(talk);
    // Otherwise a lock that was just granted would stay, and no client would have its key.
    const unanswered = talk.options.keepsLocks ? withdrawals(talk, [...talk.pending.values()]) : [];
    return [...unanswered, ...detach(talk)];
  },
  pendingCount: ({ pending }) => pending.size,
};

/** Each call carries the password. */
function call(talk: LdlmGrpcTalk, said: AskingCall): Reaction {
  const { metadata } = said;
  const { remoteAddress, identity } = talk.options;
  talk.origin ??= originOf({ remoteAddress, headers: metadata });
  const judged = identity.authenticate(bareCredentials(metadata.authorization), remoteAddress);
  return whenJudged(talk, said, judged, (_, judgement) => admit(talk, said, judgement));
}

function admit(talk: LdlmGrpcTalk, said: AskingCall, judgement: Judgement): Reaction {
  const { call: id, path, request } = said;
  if (judgement.type === "refused") return say(failure(id, accessStatuses[judgement.reason]));
  const method = grpcCalls.get(path);
  if (method === undefined) return say(failure(id, callFailed("unimplemented", path)));
  const prepared = tryPrepare(() => method.prepare(request, callerOf(talk)), ProtobufError);
  switch (prepared.type) {
    case "error":
      return { ...say(failure(id, callFailed("internal", prepared.message))), arrived: "rubbish" };
    case "answer":
      return say(success(talk, { call: id, response: method.response }, prepared.answer));
    case "ask":
      return ask(talk, { ...prepared.asked, call: id, response: method.response });
  }
}

/** docs/protocols/ldlm.md, section 2. */
const accessStatuses = {
  missing: callFailed("unauthenticated", "missing credentials"),
  wrong: callFailed("unauthenticated", "invalid credentials"),
  too_many_guesses: callFailed("resource_exhausted", guessesSlowed),
} as const satisfies Record<CredentialsFault, CallStatus>;

function callerOf({ session, options }: LdlmGrpcTalk): Caller {
  const { namespace, keepsLocks, nameBytesMax, nextRequest, newKey } = options;
  return { session, namespace, keepsLocks, nameBytesMax, nextRequest, newKey };
}

function ask(talk: LdlmGrpcTalk, asked: PendingCall): Reaction {
  const { command } = asked;
  if (isPatient(asked)) {
    const full = waitersFull(talk.patientCount, talk.options.waitersMax);
    if (full !== undefined) return say(failure(asked.call, exhausted(full)));
    talk.patientCount += 1;
  }
  const commands = talk.opening === undefined ? withoutSession(talk, command) : [command];
  talk.pending.set(command.request, asked);
  talk.requests.set(asked.call, command.request);
  return { ...silence, commands };
}

/** A release needs only its key, and a full disk cannot open a session. */
function withoutSession(talk: LdlmGrpcTalk, command: AskedCall["command"]): readonly Command[] {
  if (command.type === "release") return [{ ...command, sessionless: true }];
  const { node, restartGraceMs, nextRequest } = talk.options;
  const origin = talk.origin ?? {};
  const terms = { node, api: "ldlm", origin, graceMs: 0, restartGraceMs };
  return [openSession(talk, nextRequest(), terms), command];
}

/** The withdrawal must not be lost, because no client repeats it. */
function cancel(talk: LdlmGrpcTalk, id: CallId): Reaction {
  const request = talk.requests.get(id);
  const asked = request === undefined ? undefined : settle(talk, request);
  return asked === undefined ? silence : { ...silence, owed: withdrawals(talk, [asked]) };
}

function deliver(talk: LdlmGrpcTalk, { request, outcome }: Effect): Reaction {
  if (outcome.type === "session_kicked") return leave(talk);
  if (request === talk.opening) {
    if (outcome.type === "rejected") notOpened(talk, outcome.reason);
    return silence;
  }
  if (outcome.type === "waiting") return silence;
  const asked = settle(talk, request);
  if (asked === undefined) return silence;
  if (outcome.type === "rejected" && outcome.code === "session_ended") {
    return failedFor(asked, talk.whyNotOpen);
  }
  remember(talk, asked, outcome);
  return say(success(talk, asked, answerOf(asked, outcome)));
}

/** A client that works for a shorter time gives its lock back; a connection per call cannot. */
const briefMs = 1_000;

function remember(talk: LdlmGrpcTalk, { key }: PendingCall, { type }: Outcome): void {
  if (type === "granted") talk.newest = { key, atMs: talk.options.nowMs() };
  else if (type === "released" && talk.newest?.key === key) talk.newest = undefined;
}

function noteBriefGrant({ newest, options }: LdlmGrpcTalk): void {
  if (newest === undefined || options.keepsLocks) return;
  if (options.nowMs() - newest.atMs < briefMs) options.noteBriefGrant(options.remoteAddress);
}

/** Forgets the request: its call needs no further answer. */
function settle(talk: LdlmGrpcTalk, request: RequestId): PendingCall | undefined {
  const asked = talk.pending.get(request);
  if (asked === undefined) return undefined;
  talk.pending.delete(request);
  talk.requests.delete(asked.call);
  if (isPatient(asked)) talk.patientCount -= 1;
  return asked;
}

/** An operator has ended the session. A client that returns gets another, on another connection. */
function leave(talk: LdlmGrpcTalk): Reaction {
  const status = callFailed("aborted", "an operator has ended the session");
  const output = [...talk.pending.values()].map((asked) => failure(asked.call, status));
  for (const request of [...talk.pending.keys()]) settle(talk, request);
  return { ...silence, output, end: kicked };
}

/** Calls that one step of a stop answers; some 5 ms of work. */
const stoppedPerStep = 100;

function stop(talk: LdlmGrpcTalk): Reaction {
  const waiters: PendingCall[] = [];
  for (const asked of talk.pending.values()) {
    if (waiters.length === stoppedPerStep) break;
    if (isPatient(asked)) waiters.push(asked);
  }
  for (const { command } of waiters) settle(talk, command.request);
  const status = callFailed("unavailable", "the server is stopping");
  return {
    commands: withdrawals(talk, waiters),
    output: waiters.map((asked) => failure(asked.call, status)),
    goesOn: talk.patientCount > 0,
  };
}

/** The commands that withdraw those calls that asked for a lock. */
function withdrawals(talk: LdlmGrpcTalk, asked: readonly PendingCall[]): readonly Release[] {
  return asked.flatMap(({ command }) =>
    command.type === "acquire" ? withdrawal(command, talk.options) : [],
  );
}

function failedFor(asked: PendingCall | undefined, reason: string): Reaction {
  return asked === undefined ? silence : say(failure(asked.call, exhausted(reason)));
}

function exhausted(reason: string): CallStatus {
  return callFailed("resource_exhausted", reason);
}

function failure(id: CallId, status: CallStatus): Reply {
  return { call: id, status };
}

function success(
  { options }: LdlmGrpcTalk,
  { call, response }: Pick<PendingCall, "call" | "response">,
  { body, grant }: CallAnswer,
): Reply {
  const metadata = grant === undefined ? {} : extraFields(extrasOf(grant, options.wallMsOf));
  return { call, message: encode(response, body), status: callDone, metadata };
}

/** RFC 6455, section 7.4; HTTP/2 closes without a code. */
const kicked = { code: 1008, reason: "ended by an operator" } as const;
