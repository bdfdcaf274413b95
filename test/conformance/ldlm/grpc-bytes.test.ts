/** What clients send that use no library of gRPC, or a broken one; and the exact bytes of the answers. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  callHead,
  type Http2Answer,
  type Http2Client,
  openHttp2Client,
} from "../../../testing/http2-client.ts";
import { type InProcessServer, startInProcess } from "../../../testing/in-process-server.ts";
import { pathOf, readAnswer, requestBytes } from "../../../testing/ldlm-proto.ts";
import { figuresAt } from "../../../testing/live-server.ts";

let server: InProcessServer;
let client: Http2Client;

before(async () => {
  server = await startInProcess();
  client = openHttp2Client(server.portOf("ldlm"));
});
after(async () => {
  client?.destroy();
  await server?.[Symbol.asyncDispose]();
});

/** With its prefix: not compressed, and so long. */
function framed(message: Uint8Array, flag = 0, bytes = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag, 0);
  prefix.writeUInt32BE(bytes, 1);
  return Buffer.concat([prefix, message]);
}

const lockPath = pathOf("Lock");
const named = (name: string) => requestBytes("Lock", { name });

async function waiters(count: number): Promise<void> {
  while ((await figuresAt(server.portOf("main"))).of("holdfast_waiters") !== count);
}

interface Row {
  readonly that: string;
  readonly head?: Readonly<Record<string, string>>;
  /** `undefined`: nothing, and the request ends with its head. */
  readonly body: Uint8Array | undefined;
  /** The status of gRPC and its words. */
  readonly expect: readonly [string, string | undefined];
}

const rows: readonly Row[] = [
  {
    that: "two messages are one too many",
    body: Buffer.concat([framed(named("two")), framed(named("two"))]),
    expect: ["13", "the call takes one message, and there came two"],
  },
  {
    that: "no message at all is one too few",
    body: undefined,
    expect: ["13", "the call takes one message, and there came none"],
  },
  {
    that: "half of a prefix is no message",
    body: Buffer.of(0, 0, 0),
    expect: ["13", "the request ends within a message"],
  },
  {
    that: "less than the prefix says is no message",
    body: framed(named("short"), 0, 100),
    expect: ["13", "the request ends within a message"],
  },
  {
    that: "a compressed message needs to say how",
    body: framed(named("compressed"), 1),
    expect: ["13", "a message is compressed, but the headers name no encoding"],
  },
  {
    that: "compression is not spoken here",
    head: { "grpc-encoding": "gzip" },
    body: framed(named("compressed"), 1),
    expect: ["12", "messages compressed by gzip are not read here"],
  },
  {
    that: "a message may be one MiB long, and no longer",
    body: framed(Buffer.alloc(1024 * 1024 + 1)),
    expect: ["8", "a message of 1048577 bytes is longer than 1048576, the most that is taken"],
  },
  {
    that: "a message that says it has 4 GiB is refused before it comes",
    body: framed(Buffer.alloc(10), 0, 0xff_ff_ff_ff),
    expect: ["8", "a message of 4294967295 bytes is longer than 1048576, the most that is taken"],
  },
  {
    that: "a timeout has up to eight digits and a unit",
    head: { "grpc-timeout": "123456789S" },
    body: framed(named("timeout")),
    expect: ["13", "123456789S is no timeout"],
  },
  {
    that: "names beyond ASCII are told percent-encoded",
    head: { ":path": "/ldlm.LDLM/L%C3%B6ck" },
    body: framed(named("path")),
    expect: ["12", "unknown method /ldlm.LDLM/L%25C3%25B6ck"],
  },
];

describe("LDLM over gRPC, byte by byte", () => {
  for (const { that, head, body, expect } of rows) {
    test(`section 2.3: ${that}`, async () => {
      const { headers } = await client.request(callHead(lockPath, head), body).closed;
      assert.equal(headers[":status"], 200);
      assert.equal(headers["content-type"], "application/grpc");
      assert.deepEqual([headers["grpc-status"], headers["grpc-message"]], expect);
    });
  }

  test("section 2.1: an answer is headers, one message, and trailers with the status", async () => {
    const request = framed(requestBytes("TryLock", { name: "exact", lock_timeout_seconds: 60 }));
    const answer = await client.request(callHead(pathOf("TryLock")), request).closed;
    assert.equal(answer.headers[":status"], 200);
    assert.equal(answer.headers["content-type"], "application/grpc");
    assert.equal(answer.headers["grpc-status"], undefined);
    const { key = "" } = messageOf(answer);
    // locked = true, name = "exact", key of 36 characters; no error.
    const expected = Buffer.from(`\x08\x01\x12\x05exact\x1a\x24${key}`, "latin1");
    assert.deepEqual(answer.body, framed(expected));
    const { "grpc-status": status, "grpc-message": words, ...trailers } = answer.trailers;
    assert.deepEqual([status, words], ["0", undefined]);
    assert.match(String(trailers["x-holdfast-token"]), /^[1-9]\d*$/);
    assert.equal(trailers["x-holdfast-lease-ms"], "60000");
    assert.match(String(trailers["x-holdfast-lease-until"]), /^\d{13}$/);
  });

  test("section 2.1: what is false, empty or 0 is not sent, and an error is", async () => {
    const request = framed(requestBytes("Unlock", { name: "never" }));
    const { body, trailers } = await client.request(callHead(pathOf("Unlock")), request).closed;
    const message = "a lock by that name does not exist";
    const error = `\x08\x01\x12${String.fromCharCode(message.length)}${message}`;
    const expected = `\x12\x05never\x1a${String.fromCharCode(error.length)}${error}`;
    assert.deepEqual(body, framed(Buffer.from(expected, "latin1")));
    assert.equal(trailers["x-holdfast-token"], undefined);
  });

  test("section 2.1: the content type may name the encoding of the messages", async () => {
    const head = callHead(pathOf("TryLock"), { "content-type": "application/grpc+proto" });
    const answer = await client.request(head, framed(named("proto"))).closed;
    assert.equal(messageOf(answer).locked, true);
  });

  test("section 2.1: a request may come byte by byte", async () => {
    const { stream, closed } = client.request(callHead(pathOf("TryLock")), undefined, {
      isOpen: true,
    });
    for (const byte of framed(named("slow"))) {
      await new Promise((resolve) => stream.write(Buffer.of(byte), resolve));
    }
    stream.end();
    assert.equal(messageOf(await closed).locked, true);
  });

  test("section 2.4: at the end of its `grpc-timeout` a call that waits leaves the line", async () => {
    await client.request(callHead(lockPath), framed(named("late"))).closed;
    const head = callHead(lockPath, { "grpc-timeout": "20m" });
    const { headers } = await client.request(head, framed(named("late"))).closed;
    assert.deepEqual([headers["grpc-status"], headers["grpc-message"]], ["4", "deadline exceeded"]);
    await waiters(0);
  });

  for (const timeout of ["99999999H", "2147484S", "0S"]) {
    const isOver = timeout === "0S";
    test(`section 2.4: a \`grpc-timeout\` of ${timeout} is ${isOver ? "over at once" : "not over yet"}`, async () => {
      const holder = await client.request(callHead(lockPath), framed(named(timeout))).closed;
      const head = callHead(lockPath, { "grpc-timeout": timeout });
      const { closed } = client.request(head, framed(named(timeout)));
      if (!isOver) {
        await waiters(1);
        const fields = { name: timeout, key: messageOf(holder).key };
        client.request(callHead(pathOf("Unlock")), framed(requestBytes("Unlock", fields)));
        assert.equal(messageOf(await closed).locked, true);
      } else {
        assert.equal((await closed).headers["grpc-status"], "4");
      }
    });
  }

  for (const code of [0, 1, 2, 5, 8]) {
    test(`section 2.4: a call that is reset with code ${code} leaves the line`, async () => {
      await client.request(callHead(lockPath), framed(named(`reset ${code}`))).closed;
      const { stream, closed } = client.request(callHead(lockPath), framed(named(`reset ${code}`)));
      await waiters(1);
      stream.close(code);
      await closed;
      await waiters(0);
    });
  }

  test("section 2.3: GET is no way to call", async () => {
    const head = callHead(lockPath, { ":method": "GET" });
    const { headers } = await client.request(head).closed;
    assert.equal(headers[":status"], 405);
  });
});

function messageOf({ body }: Http2Answer) {
  return readAnswer("Lock", body.subarray(5));
}
