import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { connectRaw, type RawClient } from "../../testing/loopback.ts";
import { loadConfig } from "./config.ts";
import { connectionCaps } from "./connection-caps.ts";
import { startServer } from "./server.ts";
import { systemWorld } from "./world.ts";

type Line = Readonly<Record<string, unknown>>;

function recordingLogger() {
  const lines: Line[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { logger: pino({ base: null }, stream), lines };
}

interface Case {
  readonly openFilesMax: number | undefined;
  readonly portCount: number;
  readonly connectionsMax: number;
  readonly admitted: number;
  readonly turnedAway: number;
}

const cases: readonly Case[] = [
  {
    openFilesMax: undefined,
    portCount: 3,
    connectionsMax: 20_000,
    admitted: 20_000,
    turnedAway: 64,
  },
  { openFilesMax: 60_340, portCount: 3, connectionsMax: 20_000, admitted: 20_000, turnedAway: 64 },
  { openFilesMax: 60_339, portCount: 3, connectionsMax: 20_000, admitted: 19_999, turnedAway: 64 },
  { openFilesMax: 1_024, portCount: 1, connectionsMax: 20_000, admitted: 844, turnedAway: 64 },
  { openFilesMax: 1_024, portCount: 1, connectionsMax: 500, admitted: 500, turnedAway: 64 },
  { openFilesMax: 256, portCount: 3, connectionsMax: 20_000, admitted: 41, turnedAway: 7 },
  { openFilesMax: 80, portCount: 1, connectionsMax: 20_000, admitted: 32, turnedAway: 5 },
  { openFilesMax: 80, portCount: 1, connectionsMax: 10, admitted: 10, turnedAway: 5 },
];

for (const { admitted, turnedAway, ...options } of cases) {
  const { openFilesMax, portCount, connectionsMax } = options;
  test(`of ${openFilesMax} files each of ${portCount} ports may use ${admitted} for ${connectionsMax} connections`, () => {
    const { logger, lines } = recordingLogger();
    const { ordinary } = connectionCaps({ ...options, hasOperations: false, logger });
    assert.equal(ordinary.connectionsMax, admitted);
    assert.equal(ordinary.turnedAwayMax, turnedAway);
    assert.equal(lines.length, admitted < connectionsMax ? 1 : 0);
  });
}

test("the port for operators has files of its own, which the other ports do without", () => {
  for (const openFilesMax of [20_259, 1_024, 256, 80, 20]) {
    const { logger } = recordingLogger();
    const { ordinary, operations } = connectionCaps({
      ...{ openFilesMax, portCount: 1, hasOperations: true, connectionsMax: 20_000, logger },
    });
    assert.ok(operations.connectionsMax >= 1 && ordinary.reservedMax >= 1);
    const files = [ordinary, operations].flatMap((caps) => [
      ...[caps.connectionsMax, caps.reservedMax, caps.turnedAwayMax],
    ]);
    const used = files.reduce((sum, count) => sum + count);
    assert.ok(
      used <= openFilesMax - Math.min(100, openFilesMax / 2),
      `${files} of ${openFilesMax}`,
    );
  }
});

test("a server that may open few files admits no connection that could take its own, and says so", async () => {
  const { logger, lines } = recordingLogger();
  const { config } = loadConfig({
    flags: { "--data": "memory", "--listen": "127.0.0.1:0" },
    environment: {},
    readFile: () => "",
  });
  const world = { ...systemWorld, openFilesMax: () => 80 };
  const server = await startServer(config, { logger, world });
  const port = server.addresses[0]?.port ?? 0;
  const clients: RawClient[] = [];
  for (let count = 0; count < 32; count++) clients.push(await connectRaw(port));
  const refused = await connectRaw(port);
  refused.send("GET /stats HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assert.match(
    await refused.closed(),
    /^HTTP\/1\.1 503 [\s\S]*Retry-After: [1-5]\r\n[\s\S]*too many connections\n$/,
  );
  for (const client of clients) {
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.until((text) => text.startsWith("HTTP/1.1 200 "));
    client.socket.destroy();
  }
  await server.stop();
  const warning = lines.find(({ openFilesMax }) => openFilesMax !== undefined);
  assert.equal(warning?.openFilesMax, 80);
  assert.equal(warning?.openFilesNeeded, 20_180);
  assert.equal(warning?.connectionsAdmitted, 32);
  assert.match(String(warning?.msg), /LimitNOFILE=.*ulimit -n.*--ulimit nofile=/);
});
