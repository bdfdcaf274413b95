import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";
import { ldlmFile } from "../ldlm/messages.ts";
import { descriptorOf, type ProtoFile } from "./descriptor.ts";
import { createHealth } from "./health.ts";
import { createReflections } from "./reflection.ts";

/** The published definitions, with everything that a client can see. */
const healthProto = `
  syntax = "proto3";
  package grpc.health.v1;
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse {
    enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
    ServingStatus status = 1;
  }
  service Health {
    rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
    rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
  }`;
const reflectionProto = `
  syntax = "proto3";
  package grpc.reflection.v1;
  message ServerReflectionRequest {
    string host = 1;
    oneof message_request {
      string file_by_filename = 3;
      string file_containing_symbol = 4;
      ExtensionRequest file_containing_extension = 5;
      string all_extension_numbers_of_type = 6;
      string list_services = 7;
    }
  }
  message ExtensionRequest { string containing_type = 1; int32 extension_number = 2; }
  message ServerReflectionResponse {
    string valid_host = 1;
    ServerReflectionRequest original_request = 2;
    oneof message_response {
      FileDescriptorResponse file_descriptor_response = 4;
      ExtensionNumberResponse all_extension_numbers_response = 5;
      ListServiceResponse list_services_response = 6;
      ErrorResponse error_response = 7;
    }
  }
  message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
  message ExtensionNumberResponse {
    string base_type_name = 1;
    repeated int32 extension_number = 2;
  }
  message ListServiceResponse { repeated ServiceResponse service = 1; }
  message ServiceResponse { string name = 1; }
  message ErrorResponse { int32 error_code = 1; string error_message = 2; }
  service ServerReflection {
    rpc ServerReflectionInfo(stream ServerReflectionRequest)
      returns (stream ServerReflectionResponse);
  }`;

const { FileDescriptorProto } = descriptor;
/** Additions of the extension that the types of the library lack. */
const { fromDescriptor: rootOf } = protobuf.Root as unknown as {
  fromDescriptor(set: object): protobuf.Root;
};

const [reflection, reflectionAlpha] = createReflections([]).map(({ file }) => file);

const files: readonly (readonly [what: string, file: ProtoFile | undefined, proto: string])[] = [
  [
    "proto/ldlm.proto",
    ldlmFile,
    readFileSync(new URL("../../../proto/ldlm.proto", import.meta.url), "utf8"),
  ],
  ["the health protocol", createHealth([]).file, healthProto],
  ["reflection", reflection, reflectionProto],
  [
    "its older version",
    reflectionAlpha,
    reflectionProto.replace("reflection.v1;", "reflection.v1alpha;"),
  ],
];

for (const [what, file, proto] of files) {
  test(`what the server speaks is what ${what} defines`, () => {
    assert.ok(file !== undefined);
    const told = FileDescriptorProto.decode(descriptorOf(file));
    const ours = rootOf({ file: [told] });
    const theirs = protobuf.parse(proto, { keepCase: true }).root;
    assert.deepEqual(essence(ours.toJSON()), essence(theirs.toJSON()));
  });
}

test("optional fields of the published file are told as such, and JSON names are camel case", () => {
  const told = FileDescriptorProto.decode(descriptorOf(ldlmFile));
  const { messageType } = FileDescriptorProto.toObject(told) as {
    readonly messageType: readonly { readonly name: string; readonly field: readonly object[] }[];
  };
  const fields = messageType.find(({ name }) => name === "TryLockRequest")?.field;
  assert.deepEqual(fields?.at(2), {
    name: "lock_timeout_seconds",
    number: 100,
    label: 1,
    type: 5,
    oneofIndex: 1,
    jsonName: "lockTimeoutSeconds",
    proto3Optional: true,
  });
});

/** The common part of both definitions: no options, and types without their packages. */
function essence(json: object): unknown {
  const text = JSON.stringify(json, (key, value) =>
    key === "options" || key === "edition" ? undefined : value,
  );
  return JSON.parse(text.replaceAll(/"\.[\w.]+\./g, '"'));
}
