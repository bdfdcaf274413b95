import type { CallPeer, CallReceiver } from "./call.ts";
import type { ProtoFile } from "./descriptor.ts";

/** A service that answers without the replica. */
export interface CallService {
  /** The file that defines it. */
  readonly file: ProtoFile;
  /** By path, such as `/grpc.health.v1.Health/Check`. A receiver may throw `ProtobufError` at a message. */
  readonly methods: ReadonlyMap<string, (peer: CallPeer) => CallReceiver>;
}
