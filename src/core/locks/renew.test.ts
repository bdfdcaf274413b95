import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, createState, type State } from "../apply.ts";
import type { Command } from "../command.ts";
import type { LockKey, LogIndex, Namespace, NodeId, RequestId, SessionId, TimeMs } from "../ids.ts";

const node = "n1" as NodeId;
const namespace = "n" as Namespace;

/** The outcomes that the sessions are sent, as `session type` or `session code`. */
function outcomes(state: State, ...commands: readonly Command[]): readonly string[] {
  return commands.flatMap((command) => {
    const entry = { index: (state.index + 1) as LogIndex, at: (state.at + 1) as TimeMs, command };
    return apply(state, entry).map(({ session, outcome }) => {
      return `${session} ${outcome.type === "rejected" ? outcome.code : outcome.type}`;
    });
  });
}

function address(session: string, request: string) {
  return { session: session as SessionId, request: request as RequestId };
}

function open(session: string): Command {
  const life = { type: "connection", graceMs: 0, restartGraceMs: 0 } as const;
  return { type: "open_session", ...address(session, "open"), node, api: "test", life, origin: {} };
}

function acquire(
  session: string,
  path: string,
  options: { key?: LockKey; outlives?: true },
): Command {
  const { key, outlives } = options;
  return {
    type: "acquire",
    ...address(session, "same"),
    namespace,
    claims: [{ mode: "exclusive", path: [path] }],
    ...(key !== undefined && { key }),
    ...(outlives && { outlivesSession: true }),
  };
}

function renew(session: string, path: string, key: LockKey): Command {
  const target = { type: "key", namespace, path: [path], key } as const;
  return { type: "renew", ...address(session, "renew"), target, leaseMs: 1000 };
}

const [first, second] = ["k1", "k2"] as [LockKey, LockKey];

test("a session claims no lock whose request id it uses, and loses none of its own", () => {
  const state = createState();
  const before: readonly Command[] = [
    open("alice"),
    acquire("alice", "a", { key: first, outlives: true }),
    { type: "detach_session", session: "alice" as SessionId },
    open("carol"),
    acquire("carol", "c", {}),
  ];
  outcomes(state, ...before);
  assert.deepEqual(outcomes(state, renew("carol", "a", first)), ["carol invalid_argument"]);
  const close: Command = { type: "close_session", ...address("carol", "close") };
  assert.deepEqual(outcomes(state, close), ["carol session_closed"]);
  assert.equal(state.locks.grantedCount, 1);
});

test("locks that outlived several sessions may have equal request ids, and end one by one", () => {
  const state = createState();
  for (const [session, path, key] of [
    ["alice", "a", first],
    ["bob", "b", second],
  ] as const) {
    outcomes(state, open(session), acquire(session, path, { key, outlives: true }), {
      type: "detach_session",
      session: session as SessionId,
    });
  }
  outcomes(state, open("carol"));
  assert.deepEqual(outcomes(state, renew("carol", "a", first)), ["carol renewed"]);
  const close: Command = { type: "close_session", ...address("carol", "close") };
  outcomes(state, close, open("dora"));
  assert.deepEqual(outcomes(state, renew("dora", "b", second)), ["dora renewed"]);
  assert.deepEqual(outcomes(state, renew("dora", "a", first)), ["dora invalid_argument"]);
});
