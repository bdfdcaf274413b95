import type { GrpcStory } from "./grpc-case.ts";
import { grpcLockStories } from "./grpc-locks.cases.ts";
import { grpcSessionStories } from "./grpc-sessions.cases.ts";
import { grpcWaitingStories } from "./grpc-waiting.cases.ts";

/** All of docs/protocols/ldlm.md that can be seen over gRPC. */
export const grpcStories: readonly GrpcStory[] = [
  ...grpcLockStories,
  ...grpcWaitingStories,
  ...grpcSessionStories,
];
