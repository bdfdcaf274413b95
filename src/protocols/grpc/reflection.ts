/**
 * Server reflection, with which tools such as grpcurl and Postman discover the services of a server;
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md.
 */
import type { CallPeer, CallReceiver } from "./call.ts";
import { decode } from "./decode.ts";
import { descriptorOf, type ProtoFile, symbolsOf } from "./descriptor.ts";
import { encode } from "./encode.ts";
import {
  bytes,
  int32,
  type Message,
  message,
  messageType,
  oneOf,
  repeated,
  string,
} from "./protobuf.ts";
import type { CallService } from "./service.ts";
import { callDone, callFailed, statusCodes } from "./status.ts";

const extensionRequest = messageType("ExtensionRequest", {
  containing_type: string(1),
  extension_number: int32(2),
});
const asked = "message_request";
const request = messageType("ServerReflectionRequest", {
  host: string(1),
  file_by_filename: oneOf(asked, string(3)),
  file_containing_symbol: oneOf(asked, string(4)),
  file_containing_extension: oneOf(asked, message(5, extensionRequest)),
  all_extension_numbers_of_type: oneOf(asked, string(6)),
  list_services: oneOf(asked, string(7)),
});
const fileResponse = messageType("FileDescriptorResponse", {
  file_descriptor_proto: repeated(bytes(1)),
});
const extensionNumbers = messageType("ExtensionNumberResponse", {
  base_type_name: string(1),
  extension_number: repeated(int32(2)),
});
const serviceResponse = messageType("ServiceResponse", { name: string(1) });
const listResponse = messageType("ListServiceResponse", {
  service: repeated(message(1, serviceResponse)),
});
const errorResponse = messageType("ErrorResponse", {
  error_code: int32(1),
  error_message: string(2),
});
const answered = "message_response";
const response = messageType("ServerReflectionResponse", {
  valid_host: string(1),
  original_request: message(2, request),
  file_descriptor_response: oneOf(answered, message(4, fileResponse)),
  all_extension_numbers_response: oneOf(answered, message(5, extensionNumbers)),
  list_services_response: oneOf(answered, message(6, listResponse)),
  error_response: oneOf(answered, message(7, errorResponse)),
});

type Request = Message<typeof request>;
type Answer = Partial<Message<typeof response>>;

/** Version 1 and its predecessor for older tools, which differs only in its name. */
export function createReflections(files: readonly ProtoFile[]): readonly CallService[] {
  const own = ["v1", "v1alpha"].map(reflectionFile);
  const answers = answersAbout([...files, ...own]);
  return own.map((file) => {
    const method = `/${file.package}.ServerReflection/ServerReflectionInfo`;
    return { file, methods: new Map([[method, (peer: CallPeer) => reflect(peer, answers)]]) };
  });
}

function reflectionFile(version: string): ProtoFile {
  return {
    path: `grpc/reflection/${version}/reflection.proto`,
    package: `grpc.reflection.${version}`,
    enums: [],
    messages: [
      request,
      extensionRequest,
      response,
      fileResponse,
      extensionNumbers,
      listResponse,
      serviceResponse,
      errorResponse,
    ],
    services: [
      {
        name: "ServerReflection",
        methods: [{ name: "ServerReflectionInfo", request, response, streams: "both" }],
      },
    ],
  };
}

/** Bytes of a request. Its answer contains it, and its host once more. */
const requestBytesMax = 4 * 1024;

/** Answers each request with one response. */
function reflect(peer: CallPeer, answers: Answers): CallReceiver {
  return {
    takes: "many",
    message(received) {
      if (received.length > requestBytesMax) {
        peer.end({ status: tooLong });
        return;
      }
      const question = decode(request, received);
      peer.send(
        encode(response, {
          valid_host: question.host,
          original_request: question,
          ...answer(question, answers),
        }),
      );
    },
    finished: () => peer.end({ status: callDone }),
    cancelled() {},
  };
}

/** The answers that never change, made once. */
interface Answers {
  readonly byPath: ReadonlyMap<string, Answer>;
  readonly bySymbol: ReadonlyMap<string, Answer>;
  readonly list: Answer;
}

/** No file here imports another, so a single one is always complete. */
function answersAbout(files: readonly ProtoFile[]): Answers {
  const described = files.map((file) => {
    const answer: Answer = {
      file_descriptor_response: { file_descriptor_proto: [descriptorOf(file)] },
    };
    return { file, answer };
  });
  // Of files with the same symbol the first counts.
  const symbols = described.flatMap(({ file, answer }) =>
    symbolsOf(file).map((symbol) => [symbol, answer] as const),
  );
  return {
    byPath: new Map(described.map(({ file, answer }) => [file.path, answer])),
    bySymbol: new Map(symbols.reverse()),
    list: listAnswer(files),
  };
}

const tooLong = callFailed(
  "invalid_argument",
  `a request has at most ${requestBytesMax} bytes here`,
);

function answer(question: Request, { byPath, bySymbol, list }: Answers): Answer {
  const { file_by_filename: path, file_containing_symbol: symbol } = question;
  if (path !== undefined) return byPath.get(path) ?? unknown;
  if (symbol !== undefined) return bySymbol.get(symbol) ?? unknown;
  if (question.list_services !== undefined) return list;
  const { file_containing_extension: extension, all_extension_numbers_of_type: type } = question;
  if (extension !== undefined || type !== undefined) return failure("not_found", "no extensions");
  return failure("invalid_argument", "nothing was asked");
}

const unknown = failure("not_found", "not defined here");

function listAnswer(files: readonly ProtoFile[]): Answer {
  const service = files.flatMap((file) =>
    file.services.map(({ name }) => ({ name: `${file.package}.${name}` })),
  );
  return { list_services_response: { service } };
}

function failure(code: keyof typeof statusCodes, words: string): Answer {
  return { error_response: { error_code: statusCodes[code], error_message: words } };
}
