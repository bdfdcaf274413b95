import assert from "node:assert/strict";
import { test } from "node:test";
import { converse } from "../../../testing/conversing.ts";
import { openIdentity } from "../../../testing/open-identity.ts";
import { isRequested, type RequestedCommand } from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type {
  FencingToken,
  LockKey,
  LockNumber,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "../../core/ids.ts";
import { type RejectionCode, rejected } from "../../core/rejection.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { createLdlmRest, type LdlmRestOptions } from "./rest.ts";
import { sessionOfSecret } from "./session-cookie.ts";

const secret = "0123456789abcdef0123456789abcdef";
const session = sessionOfSecret(secret);
const key = "15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5" as LockKey;
const cookie =
  `ldlm-session=${secret}; Path=/; Expires=Fri, 02 Jan 2026 00:10:00 GMT; ` +
  "Max-Age=600; HttpOnly; SameSite=Strict";

const options: LdlmRestOptions = {
  node: "n1" as NodeId,
  nameBytesMax: 1024,
  namespace: "team" as Namespace,
  waitMsMax: 0,
  sessionIdleMs: 600_000,
  identity: openIdentity,
  allowedOrigins: [],
  jsonDepthMax: 64,
  newSecret: () => secret,
  newKey: () => key,
  hasBodyExtras: false,
  wallMsOf: (at) => at,
  now: () => Date.UTC(2026, 0, 2),
  nextRequest: () => "7" as RequestId,
  nextSession: () => assert.fail() as SessionId,
};

interface Asked {
  readonly command: RequestedCommand;
  respond(outcome: Outcome): HttpResponse;
  refuse(reason: string): HttpResponse;
}

function ask(
  line: string,
  body: object | string = "",
  wishes: Partial<LdlmRestOptions> = {},
): Asked {
  const [method = "", path = ""] = line.split(" ");
  const request: HttpRequest = {
    method,
    path,
    query: "",
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
    headers: { cookie: `ldlm-session=${secret}` },
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  };
  const conversation = converse(createLdlmRest({ ...options, ...wishes }).begin());
  const { commands, output } = conversation.receive(request);
  const [command] = commands;
  assert.ok(command !== undefined && isRequested(command));
  assert.deepEqual([commands.length, output], [1, []]);
  const only = (answers: readonly HttpResponse[]) => {
    const [response] = answers;
    assert.ok(response !== undefined && answers.length === 1);
    return response;
  };
  return {
    command,
    respond: (outcome) => only(conversation.deliver({ ...command, outcome }).output),
    refuse: (reason) => only(conversation.refuse(command.request, reason).output),
  };
}

test("a session is opened under a name which does not tell its secret, and lives by its requests", () => {
  assert.ok(!session.includes(secret.slice(0, 8)));
  assert.deepEqual(ask("POST /session").command, {
    type: "open_session",
    node: "n1",
    session,
    request: "7",
    api: "ldlm",
    life: { type: "idle", idleMs: 600_000 },
    origin: { address: "192.0.2.1" },
  });
});

test("the cookie goes out with the date at which the session will be over", () => {
  const response = ask("POST /session").respond({ type: "session_opened" });
  assert.equal(response.headers["Set-Cookie"], cookie);
});

test("a lock is one of `size` places at its name, taken at once or not at all", () => {
  const step = ask("POST /v1/lock", { name: "a/b", size: 3, lock_timeout_seconds: 2147483647 });
  assert.deepEqual(step.command, {
    type: "acquire",
    session,
    request: "7",
    namespace: "team",
    claims: [{ mode: "slot", path: ["a/b"], size: 3 }],
    waitMs: 0,
    leaseMs: 2147483647000,
    key,
  });
});

test("without a lock timeout a lock has no lease", () => {
  const { command } = ask("POST /v1/lock", { name: "a", lock_timeout_seconds: 0 });
  assert.ok(!("leaseMs" in command));
});

test("unlock and renew name the lock by its key", () => {
  const target = { type: "key", namespace: "team", path: ["a"], key: "k" };
  const base = { session, request: "7", target };
  const unlock = ask("POST /v1/unlock", { name: "a", key: "k" });
  assert.deepEqual(unlock.command, { type: "release", ...base });
  const renew = ask("POST /v1/renew", { name: "a", key: "k", lock_timeout_seconds: 5 });
  assert.deepEqual(renew.command, { type: "renew", ...base, leaseMs: 5_000 });
});

const touching: readonly (readonly [line: string, body: object | string])[] = [
  ["POST /v1/lock", "nope"],
  ["POST /v1/lock", { name: "" }],
  ["POST /v1/lock", { name: "a", size: 0 }],
  ["POST /v1/lock", { name: "a", lock_timeout_seconds: -1 }],
  ["POST /v1/renew", { name: "a", key: "k" }],
  ["GET /v1/lock", ""],
  ["GET /nowhere", ""],
];

for (const [line, body] of touching) {
  test(`${line} ${JSON.stringify(body)} asks nothing of the locks, yet keeps the session`, () => {
    const { command } = ask(line, body);
    assert.deepEqual(command, { type: "touch_session", session, request: "7" });
  });
}

const calls = {
  "POST /v1/lock": { name: "a" },
  "POST /v1/unlock": { name: "a", key: "k" },
  "POST /v1/renew": { name: "a", key: "k", lock_timeout_seconds: 5 },
};

/** The answers of lock, unlock and renew to each rejection. */
const errors: Record<Exclude<RejectionCode, "session_ended">, readonly (string | undefined)[]> = {
  invalid_argument: ["Unknown", "Unknown", "LockDoesNotExistOrInvalidKey"],
  not_found: ["LockDoesNotExist", "LockDoesNotExist", "LockDoesNotExistOrInvalidKey"],
  already_exists: ["Unknown", "Unknown", "Unknown"],
  permission_denied: ["Unknown", "Unknown", "Unknown"],
  lock_held: [undefined, undefined, undefined],
  not_holder: ["InvalidLockKey", "InvalidLockKey", "LockDoesNotExistOrInvalidKey"],
  size_mismatch: ["LockSizeMismatch", "LockSizeMismatch", "LockSizeMismatch"],
  wait_timeout: ["LockWaitTimeout", "LockWaitTimeout", "LockWaitTimeout"],
  attempts_spent: ["Unknown", "Unknown", "Unknown"],
  limit_exceeded: ["Unknown", "Unknown", "Unknown"],
  cancelled: ["Unknown", "Unknown", "Unknown"],
};

for (const [code, names] of Object.entries(errors)) {
  test(`${code} is told as ${names.join(", ")}`, () => {
    const outcome = rejected(code as RejectionCode, "for a reason");
    const told = Object.entries(calls).map(([line, body]) => {
      const { status, body: text } = ask(line, body).respond(outcome);
      assert.equal(status, 200);
      const { locked, unlocked, error } = JSON.parse(text);
      assert.equal(locked ?? unlocked, false);
      assert.equal(error?.message === "for a reason", error?.code === "Unknown");
      return error?.code;
    });
    assert.deepEqual(told, names);
  });
}

const granted: Outcome = {
  type: "granted",
  number: 3 as LockNumber,
  token: 9 as FencingToken,
  leaseUntil: 70_000 as TimeMs,
};

test("the token and the lease of a grant are told in headers, in terms of the wall clock", () => {
  const wallMsOf = (at: number) => at + 1_000;
  const asked = ask("POST /v1/lock", { name: "a", lock_timeout_seconds: 60 }, { wallMsOf });
  const { headers, body } = asked.respond(granted);
  assert.equal(headers["x-holdfast-token"], "9");
  assert.equal(headers["x-holdfast-lease-ms"], "60000");
  assert.equal(headers["x-holdfast-lease-until"], "71000");
  assert.deepEqual(JSON.parse(body), { locked: true, name: "a", key });
});

test("where it is asked for, they are told in the body, too", () => {
  const lease = { name: "a", lock_timeout_seconds: 60 };
  const asked = ask("POST /v1/lock", lease, { hasBodyExtras: true });
  const { headers, body } = asked.respond(granted);
  assert.equal(headers["x-holdfast-token"], "9");
  const extras = { token: 9, lease_ms: 60_000, lease_until: 70_000 };
  assert.deepEqual(JSON.parse(body), { locked: true, name: "a", key, ...extras });
});

test("every request of a session that is over is answered with 401, without a cookie", () => {
  const outcome: Outcome = rejected("session_ended", "the session is over");
  for (const [line, body] of [...Object.entries(calls), ...touching]) {
    const { status, headers } = ask(line, body).respond(outcome);
    assert.equal(status, 401);
    assert.equal(headers["Set-Cookie"], undefined);
  }
});

test("what the log refuses may be asked again after a second", () => {
  for (const line of ["POST /session", "DELETE /session", "POST /v1/lock", "GET /nowhere"]) {
    assert.deepEqual(ask(line).refuse("the disk is full"), {
      status: 503,
      headers: { "Content-Type": "application/json", "Retry-After": "1" },
      body: '{"code":14,"message":"the disk is full","details":[]}',
    });
  }
});

test("a session that is not opened is not answered as if it was", () => {
  const response = ask("POST /session").respond(rejected("limit_exceeded", "too many sessions"));
  assert.equal(response.status, 503);
  assert.equal(response.headers["Set-Cookie"], undefined);
});
