import { Client, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import {
  type LdlmMessage,
  type LdlmMethod,
  pathOf,
  readAnswer,
  requestBytes,
} from "./ldlm-proto.ts";

/** The gRPC client of most Node programs, on a connection of its own. */
export interface LdlmClient {
  /** The fields, or the bytes in place of the message. */
  call(method: LdlmMethod, request: object | Uint8Array, wishes?: CallWishes): LdlmCall;
  /** Of a method that LDLM does not have. */
  callPath(path: string, request: Uint8Array, wishes?: CallWishes): PendingCall<Buffer>;
  /** Ends the connection when the calls that are under way have ended. */
  close(): void;
}

export interface CallWishes {
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long the client waits. */
  readonly patienceMs?: number;
}

export interface PendingCall<Message> {
  /** Never rejects. */
  readonly ended: Promise<CallOutcome<Message>>;
  cancel(): void;
}

export type LdlmCall = PendingCall<LdlmMessage>;

export interface CallOutcome<Message = LdlmMessage> {
  /** Of gRPC; 0 when there is a message. */
  readonly code: number;
  readonly details: string;
  readonly message?: Message;
  /** What came behind the message, as far as it is ours. */
  readonly metadata: Readonly<Record<string, string>>;
}

export function openLdlmClient(port: number): LdlmClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_receive_message_length": -1,
  });

  function callPath<Message>(
    path: string,
    request: Uint8Array,
    read: (bytes: Buffer) => Message,
    { metadata = {}, patienceMs }: CallWishes = {},
  ): PendingCall<Message> {
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    const options = patienceMs === undefined ? {} : { deadline: Date.now() + patienceMs };
    const { promise, resolve } = Promise.withResolvers<CallOutcome<Message>>();
    let message: Message | undefined;
    const call = client.makeUnaryRequest(
      path,
      (bytes: Uint8Array) => Buffer.from(bytes),
      read,
      request,
      sent,
      options,
      (_, answer) => {
        message = answer;
      },
    );
    call.on("status", (status: StatusObject) => {
      // The answer is told in the same turn, but behind the status.
      setImmediate(() => resolve(outcomeOf(status, message)));
    });
    return { ended: promise, cancel: () => call.cancel() };
  }

  return {
    call(method, request, wishes) {
      const bytes = request instanceof Uint8Array ? request : requestBytes(method, request);
      return callPath(pathOf(method), bytes, (answer) => readAnswer(method, answer), wishes);
    },
    callPath: (path, request, wishes) => callPath(path, request, (answer) => answer, wishes),
    close: () => client.close(),
  };
}

function outcomeOf<Message>(
  { code, details, metadata }: StatusObject,
  message: Message | undefined,
): CallOutcome<Message> {
  const own = Object.entries(metadata.getMap()).filter(([name]) => name.startsWith("x-holdfast-"));
  return {
    code,
    details: code === 0 ? "" : details,
    ...(message !== undefined && { message }),
    metadata: Object.fromEntries(own.map(([name, value]) => [name, String(value)])),
  };
}
