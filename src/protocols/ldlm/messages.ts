/** The service and messages that proto/ldlm.proto publishes; docs/protocols/ldlm.md, section 2. */
import {
  bool,
  type EnumType,
  enumeration,
  int32,
  message,
  messageType,
  optional,
  type ProtoFile,
  string,
} from "../grpc/mod.ts";

export const errorCode = {
  name: "ErrorCode",
  numbers: {
    Unknown: 0,
    LockDoesNotExist: 1,
    InvalidLockKey: 2,
    LockWaitTimeout: 3,
    NotLocked: 4,
    LockDoesNotExistOrInvalidKey: 5,
    LockSizeMismatch: 6,
    InvalidLockSize: 7,
  },
} as const satisfies EnumType;

export type ErrorCode = keyof typeof errorCode.numbers;

const error = messageType("Error", {
  code: enumeration<ErrorCode>(1, errorCode),
  message: string(2),
});

export const lockRequest = messageType("LockRequest", {
  name: string(1),
  wait_timeout_seconds: optional(int32(3)),
  size: optional(int32(4)),
  lock_timeout_seconds: optional(int32(100)),
});
export const tryLockRequest = messageType("TryLockRequest", {
  name: string(1),
  size: optional(int32(4)),
  lock_timeout_seconds: optional(int32(100)),
});
export const unlockRequest = messageType("UnlockRequest", { name: string(1), key: string(2) });
export const renewRequest = messageType("RenewRequest", {
  name: string(1),
  key: string(2),
  lock_timeout_seconds: int32(100),
});
export const lockResponse = messageType("LockResponse", {
  locked: bool(1),
  name: string(2),
  key: string(3),
  error: optional(message(4, error)),
});
export const unlockResponse = messageType("UnlockResponse", {
  unlocked: bool(1),
  name: string(2),
  error: optional(message(3, error)),
});

/** The service's full name. */
export const ldlmService = "ldlm.LDLM";

export const ldlmFile: ProtoFile = {
  path: "ldlm.proto",
  package: "ldlm",
  enums: [errorCode],
  messages: [
    lockRequest,
    tryLockRequest,
    lockResponse,
    unlockRequest,
    unlockResponse,
    renewRequest,
    error,
  ],
  services: [
    {
      name: "LDLM",
      methods: [
        { name: "Lock", request: lockRequest, response: lockResponse, streams: "none" },
        { name: "TryLock", request: tryLockRequest, response: lockResponse, streams: "none" },
        { name: "Unlock", request: unlockRequest, response: unlockResponse, streams: "none" },
        { name: "Renew", request: renewRequest, response: lockResponse, streams: "none" },
      ],
    },
  ],
};
