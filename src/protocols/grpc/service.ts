import type { CallPeer, CallReceiver } from "./call.ts";
import type { ProtoFile } from "./descriptor.ts";

/** A service that answers by itself, from what it knows. */
export interface CallService {
  /** Where it is defined. */
  readonly file: ProtoFile;
  /** By path, such as `/grpc.health.v1.Health/Check`. They may throw `ProtobufError` at a message. */
  readonly methods: ReadonlyMap<string, (peer: CallPeer) => CallReceiver>;
}
