import { decode, type MessageType } from "../grpc/mod.ts";
import { type Caller, lock, type PreparedCall, renew, unlock } from "./calls.ts";
import {
  ldlmService,
  lockRequest,
  lockResponse,
  renewRequest,
  tryLockRequest,
  unlockRequest,
  unlockResponse,
} from "./messages.ts";

export interface GrpcCall {
  readonly response: MessageType;
  /** Throws `ProtobufError` for bytes that are no such request. */
  prepare(request: Uint8Array, caller: Caller): PreparedCall;
}

const calls: Readonly<Record<string, GrpcCall>> = {
  Lock: {
    response: lockResponse,
    prepare: (request, caller) => lock(decode(lockRequest, request), { type: "any" }, caller),
  },
  TryLock: {
    response: lockResponse,
    prepare: (request, caller) => lock(decode(tryLockRequest, request), { type: "none" }, caller),
  },
  Unlock: {
    response: unlockResponse,
    prepare: (request, caller) => unlock(decode(unlockRequest, request), caller),
  },
  Renew: {
    response: lockResponse,
    prepare: (request, caller) => renew(decode(renewRequest, request), caller),
  },
};

/** By path, such as `/ldlm.LDLM/Lock`. */
export const grpcCalls: ReadonlyMap<string, GrpcCall> = new Map(
  Object.entries(calls).map(([name, call]) => [`/${ldlmService}/${name}`, call]),
);
