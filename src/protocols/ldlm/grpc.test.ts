import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Conversing, converse } from "../../../testing/conversing.ts";
import { openIdentity } from "../../../testing/open-identity.ts";
import type { Command } from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type {
  FencingToken,
  LockKey,
  LockNumber,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
} from "../../core/ids.ts";
import { type CallInput, decode, encode, type Reply } from "../grpc/mod.ts";
import { createLdlmGrpc } from "./grpc.ts";
import {
  lockRequest,
  lockResponse,
  renewRequest,
  unlockRequest,
  unlockResponse,
} from "./messages.ts";
import type { LdlmGrpcOptions } from "./options.ts";

const session = "s1" as SessionId;
const [lock, tryLock] = ["/ldlm.LDLM/Lock", "/ldlm.LDLM/TryLock"];
const orders = Buffer.from("\x0a\x06orders", "latin1");
const granted: Outcome = {
  type: "granted",
  number: 1 as LockNumber,
  token: 1 as FencingToken,
};
/** Request ids in order. The first call takes one before the session is opened. */
const [first, opening] = ["1" as RequestId, "2" as RequestId];
const full = "the disk is full";

function open(wishes: Partial<LdlmGrpcOptions> = {}): Conversing<CallInput, Reply> {
  let requests = 0;
  const ldlm = createLdlmGrpc({
    node: "n1" as NodeId,
    nameBytesMax: 1024,
    namespace: "default" as Namespace,
    identity: openIdentity,
    keepsLocks: false,
    restartGraceMs: 600_000,
    waitersMax: 1000,
    newKey: () => "key" as LockKey,
    wallMsOf: (at) => at,
    nowMs: () => 0,
    noteBriefGrant() {},
    nextRequest: () => String(++requests) as RequestId,
    nextSession: () => session,
    ...wishes,
  });
  return converse(ldlm.begin({ remoteAddress: "192.0.2.1" }));
}

function call(id: number, path: string, request: Uint8Array): CallInput {
  return { type: "call", call: id, path, metadata: {}, request };
}

function cancel(connection: Conversing<CallInput, Reply>, id: number): readonly Command[] {
  return connection.receive({ type: "cancel", call: id }).owed ?? [];
}

function summary(commands: readonly Command[]): readonly string[] {
  return commands.map((command) =>
    command.type === "release" && command.target.type === "request"
      ? `release ${command.target.request}`
      : command.type,
  );
}

test("the first call opens the session, and no other", () => {
  const connection = open();
  assert.deepEqual(summary(connection.receive(call(1, lock, orders)).commands), [
    "open_session",
    "acquire",
  ]);
  assert.deepEqual(summary(connection.receive(call(2, lock, orders)).commands), ["acquire"]);
});

test("a call that asks the locks nothing opens none, so there is none to end", () => {
  const connection = open();
  assert.deepEqual(connection.receive(call(1, lock, new Uint8Array())).commands, []);
  assert.deepEqual(connection.end(), []);
});

const [unlock, renew] = ["/ldlm.LDLM/Unlock", "/ldlm.LDLM/Renew"];

test("a name that is too long for any lock is answered without a command", () => {
  const connection = open();
  const named = (length: number) => encode(lockRequest, { name: "x".repeat(length) });
  assert.equal(connection.receive(call(1, lock, named(1024))).commands.length, 2);
  assert.deepEqual(connection.receive(call(2, lock, named(1025))).commands, []);
  const fields = { name: "x".repeat(1025), key: "key", lock_timeout_seconds: 1 };
  const steps = [
    connection.receive(call(3, unlock, encode(unlockRequest, fields))),
    connection.receive(call(4, renew, encode(renewRequest, fields))),
  ];
  assert.deepEqual(
    steps.flatMap(({ commands }) => commands),
    [],
  );
  const [unlocked, renewed] = steps.map(({ output: [reply] }) => reply?.message ?? nothing);
  const { error } = decode(unlockResponse, unlocked ?? nothing);
  assert.equal(error?.code, "LockDoesNotExist");
  const { error: renewError } = decode(lockResponse, renewed ?? nothing);
  assert.equal(renewError?.code, "LockDoesNotExistOrInvalidKey");
});

const nothing = new Uint8Array();

test("a key that is too long for any lock does not reach the log", () => {
  const connection = open();
  const request = encode(unlockRequest, { name: "orders", key: "k".repeat(257) });
  const [release] = connection.receive(call(1, unlock, request)).commands;
  assert(release?.type === "release" && release.target.type === "key");
  assert.equal(release.target.key, "");
});

test("bytes that are no such request are rubbish", () => {
  const step = open().receive(call(1, lock, Buffer.from("\x0a\xff", "latin1")));
  assert.deepEqual([step.arrived, step.output[0]?.status.code], ["rubbish", 13]);
});

test("a session that the log did not take is asked for again by the next call", () => {
  const connection = open();
  connection.receive(call(1, lock, orders));
  assert.deepEqual(connection.refuse(opening, full).output, []);
  const [reply] = connection.refuse(first, full).output;
  assert.deepEqual(reply?.status, { code: 8, message: full });
  assert.deepEqual(summary(connection.receive(call(2, lock, orders)).commands), [
    "open_session",
    "acquire",
  ]);
});

test("a call whose session was refused is told why", () => {
  const connection = open();
  connection.receive(call(1, lock, orders));
  connection.refuse(opening, full);
  const outcome = { type: "rejected", code: "session_ended", reason: "no such session" } as const;
  const { output: replies } = connection.deliver({ session, request: first, outcome });
  assert.deepEqual(replies, [{ call: 1, status: { code: 8, message: full } }]);
});

test("a call that is cancelled takes back what it asked for, whether or not it waits", () => {
  const connection = open();
  connection.receive(call(1, lock, orders));
  connection.receive(call(2, tryLock, orders));
  assert.deepEqual(summary(cancel(connection, 2)), ["release 3"]);
  assert.deepEqual(summary(cancel(connection, 1)), ["release 1"]);
  assert.deepEqual(cancel(connection, 1), []);
  const late = connection.deliver({ session, request: first, outcome: granted });
  assert.deepEqual(late.output, []);
});

test("at a stop who waits is told and leaves the line, and nobody else", () => {
  const connection = open();
  connection.receive(call(1, lock, orders));
  connection.receive(call(2, tryLock, orders));
  const { commands, output: replies } = connection.stop();
  assert.deepEqual(summary(commands), ["release 1"]);
  assert.deepEqual(replies, [{ call: 1, status: { code: 14, message: "the server is stopping" } }]);
});

test("at a stop many who wait are told in several steps", () => {
  const connection = open();
  for (let id = 1; id <= 250; id += 1) connection.receive(call(id, lock, orders));
  const steps = [connection.stop(), connection.stop(), connection.stop()];
  assert.deepEqual(
    steps.map(({ commands, output, goesOn }) => [commands.length, output.length, goesOn]),
    [
      [100, 100, true],
      [100, 100, true],
      [50, 50, false],
    ],
  );
});

describe("a lock that ends with its connection", () => {
  const address: string[] = [];
  let now = 5_000;
  const wishes = {
    nowMs: () => now,
    noteBriefGrant: (from: string | undefined) => void address.push(from ?? "gone"),
  };
  const heldFor = (ms: number, more: Partial<LdlmGrpcOptions> = {}) => {
    address.length = 0;
    const connection = open({ ...wishes, ...more });
    connection.receive(call(1, lock, orders));
    connection.deliver({ session, request: first, outcome: granted });
    now += ms;
    return connection;
  };

  test("as soon as it is granted is noted", () => {
    heldFor(999).end();
    assert.deepEqual(address, ["192.0.2.1"]);
  });

  test("later is not, nor one that stays", () => {
    heldFor(1_000).end();
    assert.deepEqual(address, []);
    heldFor(0, { keepsLocks: true }).end();
    assert.deepEqual(address, []);
  });

  test("does not count when it was given back before", () => {
    const connection = heldFor(0);
    const fields = encode(unlockRequest, { name: "orders", key: "key" });
    connection.receive(call(2, unlock, fields));
    const outcome: Outcome = { type: "released", number: 1 as LockNumber };
    connection.deliver({ session, request: "3" as RequestId, outcome });
    connection.end();
    assert.deepEqual(address, []);
  });
});

test("a session that goes takes all with it", () => {
  const connection = open();
  connection.receive(call(1, lock, orders));
  assert.deepEqual(summary(connection.end()), ["detach_session"]);
});

test("where locks outlive their connection, one whose key nobody was told does not", () => {
  const connection = open({ keepsLocks: true });
  connection.receive(call(1, lock, orders));
  connection.receive(call(2, tryLock, orders));
  connection.receive(call(3, lock, orders));
  connection.deliver({ session, request: first, outcome: granted });
  assert.deepEqual(summary(connection.end()), ["release 3", "release 4", "detach_session"]);
});
