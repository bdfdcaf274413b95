/**
 * The tables of this folder before a whole server, through a socket. Each row is fed whole, byte by
 * byte, and glued to its neighbours, on the main port and on the classic one; the answers must not
 * change.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { clientMessage } from "../../../testing/client-message.ts";
import { type Feeding, feed, feedings } from "../../../testing/feeding.ts";
import { type InProcessServer, startInProcess } from "../../../testing/in-process-server.ts";
import { figuresAt } from "../../../testing/live-server.ts";
import { connectRaw, type RawClient, upgradeRequest } from "../../../testing/loopback.ts";
import { readServerFrames } from "../../../testing/server-frames.ts";
import { readResponses, type WireResponse } from "../../../testing/wire-responses.ts";
import { type Bindings, filledIn } from "../ldlm/template.ts";
import { abortPlays } from "./aborts.cases.ts";
import { accessCases, listedOrigin } from "./access.cases.ts";
import { argumentPlays } from "./arguments.cases.ts";
import {
  call,
  failed,
  type Heard,
  type HttpAsk,
  type Move,
  methods,
  noLock,
  ok,
  type Play,
} from "./case.ts";
import { eventPlays } from "./events.cases.ts";
import { framePlays } from "./frames.cases.ts";
import { assertHeard, assertResponse } from "./heard.ts";
import { type HttpCase, httpCases } from "./http.cases.ts";
import { mutexPlays } from "./mutexes.cases.ts";

/** Rows that are under way at the same time. */
const concurrency = 8;

const portNames = { whole: "main", "byte by byte": "softvisio", glued: "softvisio" } as const;

describe("plays", { concurrency }, () => {
  for (const play of [
    ...framePlays,
    ...argumentPlays,
    ...mutexPlays,
    ...abortPlays,
    ...eventPlays,
  ]) {
    it(`${play.see}: ${play.rule}`, async () => {
      for (const feeding of feedings) await perform(play, feeding);
    });
  }
});

describe("requests", { concurrency }, () => {
  const servers = new Map<HttpCase["server"], InProcessServer>();
  before(async () => {
    servers.set(undefined, await startInProcess());
    servers.set("listing", await startInProcess({ "--allowed-origins": listedOrigin }));
    servers.set("guarded", await startInProcess({ "--softvisio-require-token": "true" }));
  });
  after(async () => {
    for (const server of servers.values()) await server[Symbol.asyncDispose]();
  });

  for (const row of [...httpCases, ...accessCases]) {
    it(`${row.see}: ${row.rule}`, async () => {
      for (const feeding of feedings) await assertAnswered([row], feeding);
    });
  }

  for (const server of [undefined, "listing", "guarded"] as const) {
    it(`of a server with ${server ?? "defaults"} are answered in order when they come together`, async () => {
      await assertAnswered(
        [...httpCases, ...accessCases].filter((row) => row.server === server),
        "glued",
      );
    });
  }

  async function assertAnswered(rows: readonly HttpCase[], feeding: Feeding): Promise<void> {
    const port = servers.get(rows[0]?.server)?.portOf(portNames[feeding]);
    assert.ok(port !== undefined);
    const client = await connectRaw(port);
    await feed(
      client,
      rows.map(({ ask }) => bytesOf(ask)),
      feeding,
    );
    const responses = await responsesTo(
      client,
      rows.map(({ ask }) => ask),
    );
    for (const [place, { expect }] of rows.entries()) {
      assertResponse(asHttpResponse(responses[place]), expect);
    }
    client.socket.destroy();
  }
});

describe("a handshake", { concurrency }, () => {
  let server: InProcessServer;
  before(async () => {
    server = await startInProcess();
  });
  after(() => server?.[Symbol.asyncDispose]());

  const offers: readonly (readonly [offered: string | undefined, selected: string | undefined])[] =
    [
      ["jsonrpc_2.0", "jsonrpc_2.0"],
      ["jsonrpc_2.0, hf_0123456789ab_secret", "jsonrpc_2.0"],
      ["jsonrpc_2.0,x,y,z", "jsonrpc_2.0"],
      ["x, jsonrpc_2.0", "jsonrpc_2.0"],
      ["hf_0123456789ab_secret", undefined],
      ["JSONRPC_2.0", undefined],
      [undefined, undefined],
    ];
  for (const name of ["main", "softvisio"] as const) {
    for (const path of ["/api", "/api/", "/api/?locale=en"]) {
      for (const [offered, selected] of offers) {
        it(`1: to ${path} of ${name} that offers ${offered} selects ${selected}`, async () => {
          const client = await connectRaw(server.portOf(name));
          const line = offered === undefined ? "" : `Sec-WebSocket-Protocol: ${offered}`;
          client.send(upgradeRequest(path, line));
          const [response] = await responsesTo(client, [{ method: "GET", target: path }]);
          assert.equal(response?.status, 101);
          assert.equal(response.headers.get("sec-websocket-protocol"), selected);
          assert.equal(response.headers.get("sec-websocket-extensions"), undefined);
          assert.doesNotMatch(client.received(), /secret/);
          client.socket.destroy();
        });
      }
    }

    it(`1: to an unknown path of ${name} is refused as JSON`, async () => {
      const client = await connectRaw(server.portOf(name));
      const ask = { method: "GET", target: "/api/v1/mutexes/lock" };
      client.send(upgradeRequest(ask.target));
      const [response] = await responsesTo(client, [ask]);
      assertResponse(asHttpResponse(response), { status: 404, body: failed(undefined, -32809) });
      client.socket.destroy();
    });

    it(`1: of a page from elsewhere is refused on ${name}`, async () => {
      const client = await connectRaw(server.portOf(name));
      client.send(upgradeRequest("/api/", "Origin: https://strange.example"));
      const [response] = await responsesTo(client, [{ method: "GET", target: "/api/" }]);
      assert.equal(response?.status, 403);
      client.socket.destroy();
    });
  }

  it("1: may have the first call behind it", async () => {
    const client = await connectRaw(server.portOf("main"));
    const upgrade = Buffer.from(upgradeRequest("/api/"));
    await feed(client, [upgrade, clientMessage(call(1, methods.isLocked, "m"))], "glued");
    await client.until(() => wordsOf(client).length === 1);
    assert.deepEqual(wordsOf(client), [ok(1, false)]);
    client.socket.destroy();
  });
});

interface Player {
  readonly client: RawClient;
  /** What it must have heard by now, and in which order. */
  heardCount: number;
}

/** Its answer is the last that the log owes; docs/protocols/softvisio.md, section 4.2. */
const sync = call("sync", methods.unlock, "sync", noLock);
const synced = ok("sync", false);

async function perform({ moves }: Play, feeding: Feeding): Promise<void> {
  await using server = await startInProcess();
  const port = server.portOf(portNames[feeding]);
  const players = new Map<string, Player>();
  const bindings: Bindings = new Map();
  for (const [place, move] of moves.entries()) {
    if ("who" in move && !players.has(move.who)) {
      players.set(move.who, { client: await open(port), heardCount: 0 });
    }
    const isSynced = await make(server, players, move, feeding, bindings);
    for (const [who, player] of players) {
      const heard = move.heard[who] ?? [];
      const isSyncing = isSynced && "who" in move && move.who === who;
      await assertHears(player, isSyncing ? [...heard, synced] : heard, {
        bindings,
        isOrdered: !("anyOrder" in move),
        when: `${who}, move ${place + 1}, ${feeding}`,
      });
    }
  }
  for (const { client } of players.values()) client.socket.destroy();
}

/** Whether the one who acts has asked for a sign that everything was done. */
async function make(
  server: InProcessServer,
  players: Map<string, Player>,
  move: Move,
  feeding: Feeding,
  bindings: Bindings,
): Promise<boolean> {
  if ("asks" in move) {
    const client = await connectRaw(server.portOf("main"));
    client.send(bytesOf(move.asks));
    const [response] = await responsesTo(client, [move.asks]);
    assertResponse(asHttpResponse(response), move.answer);
    client.socket.destroy();
    return false;
  }
  const client = players.get(move.who)?.client;
  assert.ok(client !== undefined);
  if ("leaves" in move) {
    client.socket.destroy();
    players.delete(move.who);
    await untilOpen(server.portOf("main"), players.size);
    return false;
  }
  const isEnd = move.heard[move.who]?.some((heard) => typeof heard === "object") ?? false;
  const frames = isEnd ? move.sends : [...move.sends, sync];
  await feed(
    client,
    frames.map((frame) => clientMessage(filled(frame, bindings))),
    feeding,
  );
  return !isEnd;
}

function filled(frame: string | Uint8Array, bindings: Bindings): string | Uint8Array {
  return typeof frame === "string" ? filledIn(frame, bindings) : frame;
}

async function open(port: number): Promise<RawClient> {
  const client = await connectRaw(port);
  client.send(upgradeRequest("/api/", "Sec-WebSocket-Protocol: jsonrpc_2.0"));
  await responsesTo(client, [{ method: "GET", target: "/api/" }]);
  return client;
}

async function untilOpen(port: number, count: number): Promise<void> {
  while ((await figuresAt(port)).of("holdfast_websockets") !== count);
}

/** Waits until it has heard what it must, and for nothing else. */
async function assertHears(
  player: Player,
  expected: readonly Heard[],
  terms: Parameters<typeof assertHeard>[2],
): Promise<void> {
  const { client, heardCount } = player;
  const isEnough = () => wordsOf(client).length >= heardCount + expected.length;
  await client.until(isEnough);
  assertHeard(wordsOf(client).slice(heardCount), expected, terms);
  player.heardCount += expected.length;
}

function wordsOf(client: RawClient): readonly Heard[] {
  const { rest } = readResponses(client.received(), ["GET"]);
  return readServerFrames(rest).map((word) =>
    word.type === "text" ? word.text : { close: word.code, reason: word.reason },
  );
}

function bytesOf({ method = "POST", target, headers = {}, body = "" }: HttpAsk): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({
    host: "localhost",
    ...headers,
    "content-length": bytes.length,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`), bytes]);
}

async function responsesTo(
  client: RawClient,
  asks: readonly HttpAsk[],
): Promise<readonly WireResponse[]> {
  const names = asks.map(({ method = "POST" }) => method);
  const read = () => readResponses(client.received(), names).responses;
  await client.until(() => read().length === asks.length);
  return read();
}

function asHttpResponse(response: WireResponse | undefined) {
  assert.ok(response !== undefined);
  const { status, headers, body } = response;
  const text = Buffer.from(body, "latin1").toString();
  return { status, headers: Object.fromEntries(headers), body: text };
}
