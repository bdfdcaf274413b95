/** LDLM over gRPC, without I/O; docs/protocols/ldlm.md, section 2. */
import type { Conversation } from "../conversation.ts";
import {
  type CallInput,
  type CallStatus,
  callFailed,
  type Metadata,
  type Reply,
} from "../grpc/mod.ts";
import { ldlmGrpcBehavior } from "./grpc-behavior.ts";
import { grpcCalls } from "./grpc-calls.ts";
import { createTalk, type LdlmGrpcTalk } from "./grpc-talk.ts";
import type { LdlmGrpcOptions } from "./options.ts";
import { credentialsCheck } from "./password.ts";

export type { LdlmGrpcTalk } from "./grpc-talk.ts";
export { ldlmFile, ldlmService } from "./messages.ts";

export interface LdlmGrpc {
  /** The paths of LDLM's calls. */
  readonly paths: ReadonlySet<string>;
  /** The status that refuses a call with this metadata; `undefined` admits it. */
  refusal(metadata: Metadata): CallStatus | undefined;
  /** Begins the conversation of one connection. */
  begin(peer: {
    readonly remoteAddress: string | undefined;
  }): Conversation<CallInput, Reply, LdlmGrpcTalk>;
}

export function createLdlmGrpc(options: LdlmGrpcOptions): LdlmGrpc {
  const credentialsError = credentialsCheck(options.password);
  return {
    paths: new Set(grpcCalls.keys()),
    refusal({ authorization }) {
      const reason = credentialsError(authorization);
      return reason === undefined ? undefined : callFailed("unauthenticated", reason);
    },
    begin: ({ remoteAddress }) => ({
      behavior: ldlmGrpcBehavior,
      talk: createTalk({ ...options, remoteAddress }),
    }),
  };
}
