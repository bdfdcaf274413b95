/** gRPC without I/O: messages, statuses, and the standard services of every server. */
export {
  type CallEnd,
  type CallId,
  type CallInput,
  type CallPeer,
  type CallReceiver,
  type Metadata,
  type Reply,
  unaryReceiver,
} from "./call.ts";
export { decode } from "./decode.ts";
export { descriptorOf, type ProtoFile } from "./descriptor.ts";
export { encode } from "./encode.ts";
export { createHealth, type Health } from "./health.ts";
export { createMessageReader, type MessageReader, onlyMessage, withPrefix } from "./messages.ts";
export {
  bool,
  type EnumType,
  enumeration,
  type Field,
  int32,
  jsonName,
  type Message,
  type MessageType,
  message,
  messageType,
  optional,
  ProtobufError,
  string,
} from "./protobuf.ts";
export { createReflections } from "./reflection.ts";
export type { CallService } from "./service.ts";
export {
  type CallStatus,
  callDone,
  callFailed,
  statusCodes,
  statusMessage,
} from "./status.ts";
export { parseTimeout } from "./timeout.ts";
