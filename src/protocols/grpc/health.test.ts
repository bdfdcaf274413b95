import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallEnd, CallPeer, CallReceiver } from "./call.ts";
import { createHealth, type Health } from "./health.ts";
import { ProtobufError } from "./protobuf.ts";
import { createReflections } from "./reflection.ts";
import type { CallService } from "./service.ts";

/** A call whose peer records messages and status. */
function open(service: CallService, path: string) {
  const sent: Uint8Array[] = [];
  const ends: CallEnd[] = [];
  const peer: CallPeer = { send: (message) => sent.push(message), end: (how) => ends.push(how) };
  const begin = service.methods.get(path);
  assert.ok(begin !== undefined);
  return { receiver: begin(peer), sent, ends };
}

function ask(receiver: CallReceiver, ...messages: readonly Uint8Array[]): void {
  for (const message of messages) receiver.message(message);
  receiver.finished();
}

function stopAll(health: Health): void {
  Array.from(health.stop());
}

const check = "/grpc.health.v1.Health/Check";
const watch = "/grpc.health.v1.Health/Watch";
const forService = (name: string) => Buffer.from([0x0a, name.length, ...Buffer.from(name)]);
const serving = Buffer.from([0x08, 1]);
const notServing = Buffer.from([0x08, 2]);
const serviceUnknown = Buffer.from([0x08, 3]);

test("a check tells of the server and of its services", () => {
  const health = createHealth(["ldlm.LDLM"]);
  for (const request of [new Uint8Array(), forService(""), forService("ldlm.LDLM")]) {
    const { receiver, ends } = open(health, check);
    ask(receiver, request);
    assert.deepEqual(ends, [{ status: { code: 0, message: "" }, message: serving }]);
  }
  health.set(false);
  const { receiver, ends } = open(health, check);
  ask(receiver, new Uint8Array());
  assert.deepEqual(ends[0]?.message, notServing);
});

test("a check of an unknown service is not found", () => {
  const { receiver, ends } = open(createHealth([]), check);
  ask(receiver, forService("other"));
  assert.deepEqual(ends, [{ status: { code: 5, message: "unknown service" } }]);
});

test("a watcher hears how it is, and of every change, until it goes", () => {
  const health = createHealth(["a"]);
  const known = open(health, watch);
  const unknown = open(health, watch);
  ask(known.receiver, forService("a"));
  ask(unknown.receiver, forService("b"));
  health.set(true);
  health.set(false);
  health.set(true);
  known.receiver.cancelled();
  health.set(false);
  assert.deepEqual(known.sent, [serving, notServing, serving]);
  assert.deepEqual(unknown.sent, [serviceUnknown]);
  assert.deepEqual(known.ends, []);
});

test("at a stop a watcher hears that nobody serves, and no more", () => {
  const health = createHealth([]);
  const { receiver, sent, ends } = open(health, watch);
  ask(receiver, forService(""));
  stopAll(health);
  health.set(true);
  assert.deepEqual(sent, [serving, notServing]);
  assert.deepEqual(
    ends.map(({ status }) => status.code),
    [14],
  );
});

test("at a stop each step ends one watcher, and checks answer at once that nobody serves", () => {
  const health = createHealth([]);
  const watchers = [open(health, watch), open(health, watch)];
  for (const { receiver } of watchers) ask(receiver, forService(""));
  const stopping = health.stop();
  stopping.next();
  assert.deepEqual(
    watchers.map(({ ends }) => ends.length),
    [1, 0],
  );
  const late = open(health, check);
  ask(late.receiver, forService(""));
  assert.deepEqual(late.ends[0]?.message, notServing);
  Array.from(stopping);
  assert.deepEqual(
    watchers.map(({ ends }) => ends.length),
    [1, 1],
  );
});

test("a watcher that has learned before that nobody serves does not hear it again at a stop", () => {
  const health = createHealth([]);
  const { receiver, sent, ends } = open(health, watch);
  ask(receiver, forService(""));
  health.set(false);
  stopAll(health);
  assert.deepEqual([sent, ends.length], [[serving, notServing], 1]);
});

test("a unary call has one message, neither none nor two", () => {
  const none = open(createHealth([]), check);
  ask(none.receiver);
  assert.equal(none.ends[0]?.status.code, 13);
  const two = open(createHealth([]), check);
  ask(two.receiver, forService(""), forService(""));
  assert.deepEqual(
    two.ends.map(({ status }) => status.code),
    [13],
  );
});

test("a message that is none is an error", () => {
  const { receiver } = open(createHealth([]), check);
  assert.throws(() => ask(receiver, Uint8Array.of(0x0a)), ProtobufError);
});

test("reflection answers each question, and ends when the client has asked all", () => {
  const health = createHealth([]);
  const [reflection] = createReflections([health.file]);
  assert.ok(reflection !== undefined);
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const { receiver, sent, ends } = open(reflection, path);
  const questions: readonly (readonly [field: number, text: string, answer: RegExp])[] = [
    [7, "*", /grpc\.health\.v1\.Health.*grpc\.reflection\.v1\.ServerReflection/s],
    [3, "grpc/health/v1/health.proto", /HealthCheckResponse.*SERVICE_UNKNOWN/s],
    [4, "grpc.health.v1.Health", /HealthCheckResponse/],
    [4, "grpc.health.v1.Health.Watch", /HealthCheckResponse/],
    [4, "grpc.health.v1.HealthCheckResponse.ServingStatus", /HealthCheckResponse/],
    [4, "grpc.reflection.v1alpha.ServerReflection", /message_request/],
    [4, "nobody.Knows", /not defined here/],
    [3, "nobody.proto", /not defined here/],
    [6, "grpc.health.v1.HealthCheckRequest", /no extensions/],
    [1, "only a host", /nothing was asked/],
  ];
  for (const [field, text, answer] of questions) {
    receiver.message(Buffer.from([(field << 3) | 2, text.length, ...Buffer.from(text)]));
    assert.match(Buffer.from(sent.at(-1) ?? []).toString(), answer);
  }
  assert.equal(sent.length, questions.length);
  receiver.finished();
  assert.deepEqual(ends, [{ status: { code: 0, message: "" } }]);
});
