/** What no row of messages and answers can show: commands, refusals, rejections, stops and ends. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Effect, Outcome } from "../../../src/core/effect.ts";
import type { LockNumber, RequestId } from "../../../src/core/ids.ts";
import { type RejectionCode, rejected } from "../../../src/core/rejection.ts";
import type { Message, Step } from "../../../src/protocols/conversation.ts";
import { type Conversing, type Sent, sentBy } from "../../../testing/conversing.ts";
import { acquired, enqueued, lock, ready, release } from "./connection.cases.ts";
import { bytesOf, createWorld } from "./world.ts";

describe("commands", () => {
  it("an idle connection asks nothing of the log", () => {
    const world = createWorld();
    world.connect("namespace=n").leave();
    assert.deepEqual(world.asked, []);
  });

  it("a lock beyond a limit asks nothing of the log", () => {
    const { commands } = say(connect(), lock(`write ${"a".repeat(1025)}`));
    assert.deepEqual(commands, []);
  });

  it("the first lock opens the session, with the abandon timeout as its grace", () => {
    const { commands } = say(connect("&abandon-timeout-ms=250"), lock("write a/b", "read c"));
    const life = { type: "connection", graceMs: 250, restartGraceMs: 250 };
    const session = "session 1";
    assert.deepEqual(commands, [
      {
        type: "open_session",
        node: "node",
        session,
        request: "1",
        api: "locktopus",
        life,
        origin: { address: "192.0.2.1" },
      },
      {
        type: "acquire",
        session,
        request: "2",
        namespace: "n",
        claims: [
          { mode: "exclusive", path: ["a", "b"] },
          { mode: "shared", path: ["c"] },
        ],
      },
    ]);
  });

  it("a release names the request of its lock, and the second lock opens no session", () => {
    const connection = connect();
    say(connection, lock("write a"));
    const released = say(connection, release).commands;
    const target = { type: "request", request: "2" };
    assert.deepEqual(released, [{ type: "release", session: "session 1", request: "3", target }]);
    assert.deepEqual(
      say(connection, lock("write a")).commands.map(({ type }) => type),
      ["acquire"],
    );
  });

  it("half a surrogate pair and null become segments that UTF-8 can keep", () => {
    const path = '{"action":"lock","resources":[{"type":"r","path":["\\ud83d",null]}]}';
    const [, acquire] = say(connect(), path).commands;
    assert(acquire?.type === "acquire");
    assert.deepEqual(acquire.claims, [{ mode: "shared", path: ["\ufffd", ""] }]);
  });

  it("the commands given away are counted until they come back", () => {
    const connection = connect();
    say(connection, lock("write a"));
    say(connection, release);
    assert.equal(connection.pendingCount(), 3);
    hear(connection, 1, { type: "session_opened" });
    hear(connection, 2, waiting);
    assert.equal(connection.pendingCount(), 1);
    hear(connection, 2, granted);
    assert.equal(connection.pendingCount(), 1);
    hear(connection, 3, released);
    assert.equal(connection.pendingCount(), 0);
  });
});

describe("the end", () => {
  it("detaches the session if there is one", () => {
    const connection = connect();
    say(connection, lock("write a"));
    assert.deepEqual(connection.end(), [{ type: "detach_session", session: "session 1" }]);
    assert.deepEqual(connect().end(), []);
  });

  it("detaches the session after an error, too", () => {
    const connection = holder();
    say(connection, "{nope");
    assert.deepEqual(connection.end(), [{ type: "detach_session", session: "session 1" }]);
  });

  it("is followed by nothing", () => {
    const connection = connect();
    say(connection, lock("write a"));
    connection.end();
    assert.deepEqual(hear(connection, 1, { type: "session_opened" }), []);
    assert.deepEqual(hear(connection, 2, granted), []);
    assert.deepEqual(sentBy(connection.refuse("2" as RequestId, "disk full")), []);
    assert.deepEqual(sentBy(connection.stop()), []);
    assert.deepEqual(say(connection, release), { commands: [], output: [] });
  });
});

describe("a stop", () => {
  const goodbye: Sent = { type: "close", code: 1001, reason: "server is stopping" };

  it("closes with 1001 at once when no answer is outstanding", () => {
    assert.deepEqual(sentBy(connect().stop()), [goodbye]);
    assert.deepEqual(sentBy(holder().stop()), [goodbye]);
  });

  it("closes with 1001 after the outstanding answers", () => {
    const connection = holder();
    say(connection, release);
    assert.deepEqual(sentBy(connection.stop()), []);
    assert.deepEqual(hear(connection, 3, released), [text(ready(7)), goodbye]);
  });

  it("is heard by a waiter at once", () => {
    const connection = waiter();
    assert.deepEqual(sentBy(connection.stop()), [goodbye]);
    assert.deepEqual(hear(connection, 2, granted), []);
  });

  it("is the end of reading", () => {
    const connection = holder();
    say(connection, release);
    connection.stop();
    assert.deepEqual(say(connection, lock("write a")), { commands: [], output: [] });
  });

  it("does not hide an error that came before it", () => {
    const connection = holder();
    say(connection, release);
    say(connection, release);
    connection.stop();
    const words = failure("invalid action [release] in state [ready]");
    assert.deepEqual(hear(connection, 3, released), [text(ready(7)), ...words]);
  });
});

describe("a refusal by the log", () => {
  it("is told, and closes", () => {
    const connection = connect();
    say(connection, lock("write a"));
    assert.deepEqual(
      sentBy(connection.refuse("1" as RequestId, "disk full")),
      failure("disk full"),
    );
    assert.deepEqual(sentBy(connection.refuse("2" as RequestId, "disk full")), []);
  });

  it("of a release closes the connection of the holder", () => {
    const connection = holder();
    say(connection, release);
    assert.deepEqual(
      sentBy(connection.refuse("3" as RequestId, "disk full")),
      failure("disk full"),
    );
  });

  it("is told after the answers before it, and instead of those after it", () => {
    const connection = holder();
    say(connection, release);
    say(connection, lock("write a"));
    say(connection, release);
    assert.deepEqual(sentBy(connection.refuse("5" as RequestId, "second")), []);
    assert.deepEqual(sentBy(connection.refuse("4" as RequestId, "first")), []);
    assert.deepEqual(hear(connection, 3, released), [text(ready(7)), ...failure("first")]);
  });

  it("comes before an error in a later message", () => {
    const connection = holder();
    say(connection, release);
    say(connection, "{nope");
    assert.deepEqual(
      sentBy(connection.refuse("3" as RequestId, "disk full")),
      failure("disk full"),
    );
  });
});

describe("a rejection by the core", () => {
  const words: Readonly<Record<RejectionCode, string>> = {
    invalid_argument: "invalid argument: why",
    not_found: "not found: why",
    already_exists: "already exists: why",
    permission_denied: "permission denied: why",
    lock_held: "lock is held: why",
    not_holder: "not the holder: why",
    size_mismatch: "path is in use as a semaphore: why",
    wait_timeout: "wait timed out: why",
    attempts_spent: "attempts are spent: why",
    limit_exceeded: "limit exceeded: why",
    session_ended: "session ended: why",
    cancelled: "cancelled: why",
  };
  for (const code of Object.keys(words) as RejectionCode[]) {
    it(`with ${code} is a communication error of an asker, a waiter and a releaser`, () => {
      const rejection = rejected(code, "why");
      const asker = connect();
      say(asker, lock("write a"));
      hear(asker, 1, { type: "session_opened" });
      assert.deepEqual(hear(asker, 2, rejection), failure(words[code]));
      assert.deepEqual(hear(waiter(), 2, rejection), failure(words[code]));
      const releaser = holder();
      say(releaser, release);
      assert.deepEqual(hear(releaser, 3, rejection), failure(words[code]));
    });
  }

  it("of a waiter whose release is on its way is told by the answer to the release", () => {
    const connection = waiter();
    say(connection, release);
    assert.deepEqual(hear(connection, 2, rejected("cancelled", "why")), []);
    assert.deepEqual(hear(connection, 3, released), [text(ready(7))]);
  });

  it("of a lock is the last that is told, though more was asked", () => {
    const connection = connect();
    say(connection, lock("write a"));
    say(connection, release);
    hear(connection, 1, { type: "session_opened" });
    const rejection = rejected("limit_exceeded", "why");
    assert.deepEqual(hear(connection, 2, rejection), failure("limit exceeded: why"));
    assert.deepEqual(hear(connection, 3, rejected("not_holder", "why")), []);
  });
});

describe("an operator", () => {
  const revocation = failure("the lock was revoked by an operator");
  const kick = failure("ended by an operator");
  const kicked: Outcome = { type: "session_kicked" };

  it("who revokes the lock ends the connection that holds it", () => {
    assert.deepEqual(hear(holder(), 2, { type: "revoked", number }), revocation);
  });

  it("who revokes the lock is told, though its release is on its way", () => {
    const connection = holder();
    say(connection, release);
    assert.deepEqual(hear(connection, 2, { type: "revoked", number }), revocation);
    assert.deepEqual(hear(connection, 3, rejected("not_holder", "why")), []);
  });

  it("who revokes the lock is the end of reading, and the session is detached", () => {
    const connection = holder();
    hear(connection, 2, { type: "revoked", number });
    assert.deepEqual(say(connection, release), { commands: [], output: [] });
    assert.deepEqual(connection.end(), [{ type: "detach_session", session: "session 1" }]);
  });

  it("who ends the session ends the connection, whatever it holds, waits for or asks", () => {
    assert.deepEqual(hear(holder(), 99, kicked), kick);
    assert.deepEqual(hear(waiter(), 99, kicked), kick);
    const asker = connect();
    say(asker, lock("write a"));
    hear(asker, 1, { type: "session_opened" });
    assert.deepEqual(hear(asker, 99, kicked), kick);
  });

  it("who ends the session is the reason, not what the waiter hears after it", () => {
    const connection = waiter();
    assert.deepEqual(hear(connection, 99, kicked), kick);
    assert.deepEqual(hear(connection, 2, rejected("session_ended", "why")), []);
  });
});

describe("a grant that crosses a release", () => {
  it("is told before the release is answered", () => {
    const connection = waiter();
    say(connection, release);
    assert.deepEqual(hear(connection, 2, granted), [text(acquired(7))]);
    assert.deepEqual(hear(connection, 3, released), [text(ready(7))]);
  });

  it("is never told after the release was answered", () => {
    const connection = waiter();
    say(connection, release);
    hear(connection, 3, released);
    assert.deepEqual(hear(connection, 2, granted), []);
  });
});

type Connection = Conversing<Message, string | Uint8Array>;

const number = 7 as LockNumber;
const waiting: Outcome = { type: "waiting", number };
const granted = { type: "granted", number, token: 1 } as Outcome;
const released: Outcome = { type: "released", number };

function connect(query = ""): Connection {
  return createWorld().connect(`namespace=n${query}`).connection;
}

/** Requests 1 and 2 are answered: lock 7 is held. */
function holder(): Connection {
  const connection = connect();
  say(connection, lock("write a"));
  assert.deepEqual(hear(connection, 1, { type: "session_opened" }), []);
  assert.deepEqual(hear(connection, 2, granted), [text(acquired(7))]);
  return connection;
}

/** Requests 1 and 2 are answered: lock 7 is in line. */
function waiter(): Connection {
  const connection = connect();
  say(connection, lock("write a"));
  hear(connection, 1, { type: "session_opened" });
  assert.deepEqual(hear(connection, 2, waiting), [text(enqueued(7))]);
  return connection;
}

function say(connection: Connection, message: string): Step<string | Uint8Array> {
  return connection.receive({ data: bytesOf(message), kind: "text" });
}

function hear(connection: Connection, request: number, outcome: Outcome): readonly Sent[] {
  const effect = { session: "session 1", request: String(request), outcome } as Effect;
  return sentBy(connection.deliver(effect));
}

function text(words: string): Sent {
  return { type: "text", text: words };
}

function failure(reason: string): readonly Sent[] {
  return [text(`communication error: ${reason}`), { type: "close", code: 3000, reason: "" }];
}
