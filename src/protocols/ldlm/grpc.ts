/** LDLM over gRPC, without I/O; docs/protocols/ldlm.md, section 2. */
import type { Conversation } from "../conversation.ts";
import type { CallInput, Reply } from "../grpc/mod.ts";
import { ldlmGrpcBehavior } from "./grpc-behavior.ts";
import { grpcCalls } from "./grpc-calls.ts";
import { createTalk, type LdlmGrpcTalk } from "./grpc-talk.ts";
import type { LdlmGrpcOptions } from "./options.ts";

export type { LdlmGrpcTalk } from "./grpc-talk.ts";
export { ldlmFile, ldlmService } from "./messages.ts";

export interface LdlmGrpc {
  /** The paths of LDLM's calls. */
  readonly paths: ReadonlySet<string>;
  /** Begins the conversation of one connection. */
  begin(peer: {
    readonly remoteAddress: string | undefined;
  }): Conversation<CallInput, Reply, LdlmGrpcTalk>;
}

export function createLdlmGrpc(options: LdlmGrpcOptions): LdlmGrpc {
  return {
    paths: new Set(grpcCalls.keys()),
    begin: ({ remoteAddress }) => ({
      behavior: ldlmGrpcBehavior,
      talk: createTalk({ ...options, remoteAddress }),
    }),
  };
}
