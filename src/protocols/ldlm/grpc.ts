/** LDLM over gRPC, without I/O; docs/protocols/ldlm.md, section 2. */
import type { SessionOrigin } from "../../core/command.ts";
import { type CallStatus, callFailed, type Metadata } from "../grpc/mod.ts";
import { grpcCalls } from "./grpc-calls.ts";
import { type LdlmConnection, openConnection } from "./grpc-connection.ts";
import type { LdlmGrpcOptions } from "./options.ts";
import { credentialsCheck } from "./password.ts";

export type { CallId, CallStep, LdlmConnection, Reply } from "./grpc-connection.ts";
export { ldlmFile, ldlmService } from "./messages.ts";

export interface LdlmGrpc {
  /** The paths of LDLM's calls. */
  readonly paths: ReadonlySet<string>;
  /** The status that refuses a call with this metadata; `undefined` admits it. */
  refusal(metadata: Metadata): CallStatus | undefined;
  /** Opens a connection; the caller must `end` it. */
  open(origin: () => SessionOrigin): LdlmConnection;
}

export function createLdlmGrpc(options: LdlmGrpcOptions): LdlmGrpc {
  const credentialsError = credentialsCheck(options.password);
  return {
    paths: new Set(grpcCalls.keys()),
    refusal({ authorization }) {
      const reason = credentialsError(authorization);
      return reason === undefined ? undefined : callFailed("unauthenticated", reason);
    },
    open: (origin) => openConnection({ ...options, origin }),
  };
}
