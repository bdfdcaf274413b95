/**
 * A `.proto` file as data, and its descriptor, from which generic clients such as grpcurl learn a service.
 * The field numbers come from google/protobuf/descriptor.proto.
 */
import { encode } from "./encode.ts";
import {
  bool,
  type EnumType,
  enumeration,
  type Field,
  type FieldType,
  int32,
  jsonName,
  type Message,
  type MessageType,
  message,
  messageType,
  optional,
  repeated,
  string,
} from "./protobuf.ts";

export interface ProtoFile {
  /** The path by which other files would import it. */
  readonly path: string;
  readonly package: string;
  /** Including those inside a message, named `Message.Enum`. */
  readonly enums: readonly EnumType[];
  readonly messages: readonly MessageType[];
  readonly services: readonly ProtoService[];
}

export interface ProtoService {
  readonly name: string;
  readonly methods: readonly ProtoMethod[];
}

export interface ProtoMethod {
  readonly name: string;
  readonly request: MessageType;
  readonly response: MessageType;
  readonly streams: "none" | "response" | "both";
}

/** The full names of everything that the file defines: services, methods, messages, fields, enums. */
export function symbolsOf(file: ProtoFile): readonly string[] {
  const names = [
    ...file.services.flatMap(({ name, methods }) => [
      name,
      ...methods.map((method) => `${name}.${method.name}`),
    ]),
    ...file.messages.flatMap(({ name, fields }) => [
      name,
      ...Object.keys(fields).map((field) => `${name}.${field}`),
    ]),
    ...file.enums.map(({ name }) => name),
  ];
  return names.map((name) => `${file.package}.${name}`);
}

/** A serialised FileDescriptorProto. */
export function descriptorOf(file: ProtoFile): Uint8Array {
  return encode(fileDescriptor, {
    name: file.path,
    package: file.package,
    message_type: file.messages.map((type) => describeMessage(file, type)),
    enum_type: enumsIn(file, "").map(describeEnum),
    service: file.services.map((service) => describeService(file, service)),
    syntax: "proto3",
  });
}

const fieldTypes = {
  name: "Type",
  numbers: { int32: 5, bool: 8, string: 9, message: 11, bytes: 12, enum: 14 },
} as const satisfies EnumType;
const labels = {
  name: "Label",
  numbers: { plain: 1, optional: 1, repeated: 3 },
} as const satisfies EnumType;

const fieldDescriptor = messageType("FieldDescriptorProto", {
  name: optional(string(1)),
  number: optional(int32(3)),
  label: optional(enumeration(4, labels)),
  type: optional(enumeration(5, fieldTypes)),
  type_name: optional(string(6)),
  oneof_index: optional(int32(9)),
  json_name: optional(string(10)),
  proto3_optional: optional(bool(17)),
});
const named = { name: optional(string(1)) };
const enumValueDescriptor = messageType("EnumValueDescriptorProto", {
  ...named,
  number: optional(int32(2)),
});
const enumDescriptor = messageType("EnumDescriptorProto", {
  ...named,
  value: repeated(message(2, enumValueDescriptor)),
});
const choiceDescriptor = messageType("OneofDescriptorProto", named);
const messageDescriptor = messageType("DescriptorProto", {
  ...named,
  field: repeated(message(2, fieldDescriptor)),
  enum_type: repeated(message(4, enumDescriptor)),
  oneof_decl: repeated(message(8, choiceDescriptor)),
});
const methodDescriptor = messageType("MethodDescriptorProto", {
  ...named,
  input_type: optional(string(2)),
  output_type: optional(string(3)),
  client_streaming: optional(bool(5)),
  server_streaming: optional(bool(6)),
});
const serviceDescriptor = messageType("ServiceDescriptorProto", {
  ...named,
  method: repeated(message(2, methodDescriptor)),
});
const fileDescriptor = messageType("FileDescriptorProto", {
  ...named,
  package: optional(string(2)),
  message_type: repeated(message(4, messageDescriptor)),
  enum_type: repeated(message(5, enumDescriptor)),
  service: repeated(message(6, serviceDescriptor)),
  syntax: optional(string(12)),
});

function describeMessage(
  file: ProtoFile,
  { name, fields }: MessageType,
): Message<typeof messageDescriptor> {
  const choices = choicesOf(fields);
  return {
    name,
    field: Object.entries(fields).map(([fieldName, field]) =>
      describeField(file, fieldName, field, choices),
    ),
    enum_type: enumsIn(file, `${name}.`).map(describeEnum),
    oneof_decl: choices.map((choice) => ({ name: choice })),
  };
}

/** Real oneofs first; then one for each optional field, by which proto3 tracks presence. */
function choicesOf(fields: MessageType["fields"]): readonly string[] {
  const all = Object.entries(fields);
  const real = all.flatMap(([, { choice }]) => choice ?? []);
  const synthetic = all.filter(([, field]) => isOptional(field)).map(([name]) => `_${name}`);
  return [...new Set(real), ...synthetic];
}

function describeField(
  file: ProtoFile,
  name: string,
  field: Field,
  choices: readonly string[],
): Message<typeof fieldDescriptor> {
  const isAlone = isOptional(field);
  const choice = isAlone ? `_${name}` : field.choice;
  return {
    name,
    number: field.number,
    label: field.label,
    type: field.type.type,
    type_name: typeName(file, field.type),
    oneof_index: choice === undefined ? undefined : choices.indexOf(choice),
    json_name: jsonName(name),
    proto3_optional: isAlone ? true : undefined,
  };
}

function isOptional({ label, choice }: Field): boolean {
  return label === "optional" && choice === undefined;
}

function typeName(file: ProtoFile, type: FieldType): string | undefined {
  if (type.type === "message") return fullName(file, type.message);
  return type.type === "enum" ? fullName(file, type.enum) : undefined;
}

/** The enums inside this scope, by their names in it. */
function enumsIn({ enums }: ProtoFile, prefix: string): readonly EnumType[] {
  return enums
    .filter(({ name }) => name.slice(0, name.lastIndexOf(".") + 1) === prefix)
    .map((type) => ({ ...type, name: type.name.slice(prefix.length) }));
}

function describeEnum({ name, numbers }: EnumType): Message<typeof enumDescriptor> {
  return {
    name,
    value: Object.entries(numbers).map(([value, number]) => ({ name: value, number })),
  };
}

function describeService(
  file: ProtoFile,
  { name, methods }: ProtoService,
): Message<typeof serviceDescriptor> {
  return {
    name,
    method: methods.map(({ name: method, request, response, streams }) => ({
      name: method,
      input_type: fullName(file, request),
      output_type: fullName(file, response),
      client_streaming: streams === "both" ? true : undefined,
      server_streaming: streams === "none" ? undefined : true,
    })),
  };
}

function fullName(file: ProtoFile, { name }: { readonly name: string }): string {
  return `.${file.package}.${name}`;
}
