/**
 * The tables of this folder before a whole server, through a socket. Each row is fed whole, byte by
 * byte, and glued to its neighbours; the answers must not change.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { clientMessage } from "../../../testing/client-message.ts";
import { type Feeding, feed, feedings } from "../../../testing/feeding.ts";
import { type InProcessServer, startInProcess } from "../../../testing/in-process-server.ts";
import {
  clientFrame,
  connectRaw,
  connectWebSocket,
  type RawClient,
  upgradeRequest,
} from "../../../testing/loopback.ts";
import { readServerFrames, type ServerWord } from "../../../testing/server-frames.ts";
import { readResponses, type WireResponse } from "../../../testing/wire-responses.ts";
import { acquired, connectionCases, type Heard, lock } from "./connection.cases.ts";
import {
  type ExpectedResponse,
  type HttpCase,
  handshakeCases,
  handshakeHeaders,
  pageCases,
  requestCases,
  upgradeCases,
} from "./http.cases.ts";
import { type HeardBy, type Move, type Play, plays } from "./plays.cases.ts";

/** Rows that are under way at the same time. */
const concurrency = 16;

let server: InProcessServer;
let port: number;

before(async () => {
  server = await startInProcess();
  port = server.portOf("locktopus");
});
after(() => server?.[Symbol.asyncDispose]());

describe("pages", { concurrency }, () => {
  for (const row of pageCases) itAnswers(row);

  it("are answered in order when they are asked for together", async () => {
    await assertAnsweredTogether(pageCases);
  });
});

describe("a request that is refused before the handshake", { concurrency }, () => {
  for (const row of requestCases) {
    itAnswers(row);
    itAnswers({
      ...row,
      rule: `${row.rule}, as an upgrade, too`,
      headers: { ...handshakeHeaders, ...row.headers },
    });
  }

  it("is answered in order when it is sent with others", async () => {
    await assertAnsweredTogether(requestCases);
  });
});

describe("a handshake that is refused", { concurrency }, () => {
  for (const row of handshakeCases) itAnswers(row);
});

describe("an upgrade", { concurrency }, () => {
  for (const { query, namespace } of upgradeCases) {
    const skip = /[^\0-\x7f]/.test(query) && "the HTTP parser refuses what is not ASCII";
    for (const feeding of feedings) {
      it(`of ?${query} opens ${namespace} (${feeding})`, { skip }, async () => {
        const client = await connectRaw(port);
        await feed(client, [Buffer.from(upgradeRequest(`/v1?${query}`), "latin1")], feeding);
        const upgraded = await responsesTo(client, ["GET"]);
        const [response] = upgraded;
        assert.equal(response?.status, 101);
        // RFC 6455, section 1.3: for the key of its example.
        const accept = response.headers.get("sec-websocket-accept");
        assert.equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert.equal(response.headers.get("sec-websocket-extensions"), undefined);
        const statistics = `/stats?namespace=${encodeURIComponent(namespace)}`;
        assert.equal((await fetch(`http://127.0.0.1:${port}${statistics}`)).status, 200);
        assert.equal(readResponses(client.received(), ["GET"]).rest, "", "there is a greeting");
        client.socket.destroy();
      });
    }
  }
});

describe("one connection", { concurrency }, () => {
  for (const [place, { see, rule, send, expect }] of connectionCases.entries()) {
    for (const feeding of feedings) {
      it(`${see}: ${rule} (${feeding})`, async () => {
        const client = await connectWebSocket(port, `/v1?namespace=row-${place}-${feeding[0]}`);
        await feed(client, send.map(clientMessage), feeding);
        await assertHearsAll(client, expect);
      });
    }
  }

  it("may say the first thing together with its handshake", async () => {
    const client = await connectRaw(port);
    const upgrade = Buffer.from(upgradeRequest("/v1?namespace=together"));
    await feed(client, [upgrade, clientMessage(lock("write a"))], "glued");
    await responsesTo(client, ["GET"]);
    const words = () => readServerFrames(readResponses(client.received(), ["GET"]).rest);
    await client.until(() => words().length === 1);
    assert.deepEqual(words(), [{ type: "text", text: acquired(1) }]);
    client.socket.destroy();
  });
});

describe("several connections", { concurrency }, () => {
  for (const [place, play] of plays.entries()) {
    const needsClock = play.moves.some((move) => "passMs" in move);
    for (const feeding of feedings) {
      const skip = needsClock && "it needs a clock that can be set";
      it(`${play.see}: ${play.rule} (${feeding})`, { skip }, async () => {
        await perform(play, `play-${place}-${feeding[0]}`, feeding);
      });
    }
  }
});

function itAnswers(row: HttpCase): void {
  for (const feeding of feedings) {
    it(`${row.see}: ${row.rule} (${feeding})`, async () => {
      const client = await connectRaw(port);
      const { method = "GET" } = row;
      await feed(client, [requestOf(row)], feeding);
      const [response] = await responsesTo(client, [method]);
      assertResponse(response, row.expect, method);
      client.socket.end();
      assert.equal(readResponses(await client.closed(), [method]).rest, "");
    });
  }
}

async function assertAnsweredTogether(rows: readonly HttpCase[]): Promise<void> {
  const client = await connectRaw(port);
  const methods = rows.map(({ method = "GET" }) => method);
  await feed(client, rows.map(requestOf), "glued");
  const responses = await responsesTo(client, methods);
  for (const [place, { expect }] of rows.entries()) {
    assertResponse(responses[place], expect, methods[place] ?? "GET");
  }
  client.socket.destroy();
}

function requestOf({ method = "GET", target, headers = {} }: HttpCase): Buffer {
  const lines = Object.entries({ host: "localhost", ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`, "latin1");
}

async function responsesTo(
  client: RawClient,
  methods: readonly string[],
): Promise<readonly WireResponse[]> {
  const read = () => readResponses(client.received(), methods).responses;
  await client.until(() => read().length === methods.length);
  return read();
}

function assertResponse(
  response: WireResponse | undefined,
  { status, body, headers = {} }: ExpectedResponse,
  method: string,
): void {
  assert.equal(response?.status, status);
  assert.equal(response.body, method === "HEAD" ? "" : body);
  assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
  for (const [name, value] of Object.entries(headers)) {
    assert.equal(response.headers.get(name.toLowerCase()), value);
  }
}

/** Closes the connection, if it is not the server that does, and looks at all that was heard. */
async function assertHearsAll(client: RawClient, expected: readonly Heard[]): Promise<void> {
  const normal: Heard = { close: 1000, reason: "" };
  const isEnded = expected.some((heard) => typeof heard === "object" && "close" in heard);
  const all = isEnded ? expected : [...expected, normal];
  await client.until((received) => readServerFrames(received).length >= expected.length);
  client.send(clientFrame(0x8, Buffer.of(1000 >> 8, 1000 & 0xff)));
  assertHeard(readServerFrames(await client.closed()), all);
}

interface Player {
  readonly client: RawClient;
  /** All that it must have heard by now. */
  readonly expected: Heard[];
}

async function perform(play: Play, namespace: string, feeding: Feeding): Promise<void> {
  const { abandonTimeoutMs = 60_000, moves } = play;
  const path = `/v1?namespace=${namespace}&abandon-timeout-ms=${abandonTimeoutMs}`;
  const players = new Map<string, Player>();
  for (const move of moves) {
    if ("who" in move && !players.has(move.who)) {
      players.set(move.who, { client: await connectWebSocket(port, path), expected: [] });
    }
    await make(players, move, feeding);
    await assertAllHear(players, move.heard);
  }
  for (const { client, expected } of players.values()) {
    assertHeard(readServerFrames(client.received()), expected);
    client.socket.destroy();
  }
}

async function make(
  players: ReadonlyMap<string, Player>,
  move: Move,
  feeding: Feeding,
): Promise<void> {
  assert.ok("who" in move);
  const client = players.get(move.who)?.client;
  assert.ok(client !== undefined);
  if ("sends" in move) await feed(client, move.sends.map(clientMessage), feeding);
  else client.socket.destroy();
}

/** Waits until everybody has heard what they must, and for nothing else. */
async function assertAllHear(players: ReadonlyMap<string, Player>, heard: HeardBy): Promise<void> {
  for (const [who, words] of Object.entries(heard)) {
    const player = players.get(who);
    assert.ok(player !== undefined);
    const { client, expected } = player;
    expected.push(...words);
    await client.until((received) => readServerFrames(received).length >= expected.length);
    assertHeard(readServerFrames(client.received()), expected);
  }
}

function assertHeard(actual: readonly ServerWord[], expected: readonly Heard[]): void {
  const heard = actual.map((word, place) => asExpected(word, expected[place]));
  assert.deepEqual(heard, expected);
}

/** The word as the expectation would put it: itself, or the expectation when that is met. */
function asExpected(word: ServerWord, expected: Heard | undefined): Heard {
  if (word.type === "close") return { close: word.code, reason: word.reason };
  const isPrefix = typeof expected === "object" && "startsWith" in expected;
  return isPrefix && word.text.startsWith(expected.startsWith) ? expected : word.text;
}
