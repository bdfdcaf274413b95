/**
 * A server that answers each message with a fixed text and does nothing else; what of `ws` and of
 * our listener remains when there is no lock, no log and no JSON. Its command line says which.
 */
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { WebSocketServer } from "ws";
import { createBudget, unlimited } from "../../src/server/budget/budget.ts";
import { systemClock } from "../../src/server/clock.ts";
import {
  listenerLimitsDefault,
  listenerTimeoutsDefault,
  openListener,
} from "../../src/server/listen/listener.ts";

/** As long as those of the real server after some million locks. */
const acquiredText = '{"id":"1000000","action":"lock","state":"acquired"}\n';
const readyText = '{"id":"1000000","action":"release","state":"ready"}\n';

/** The longest release. */
const releaseBytesMax = 25;

process.once("SIGTERM", () => process.exit());
const port = process.argv[2] === "ws" ? await listenBare() : await listenAsWeDo();
process.stderr.write(`${JSON.stringify({ msg: "listening", name: "main", port })}\n`);

function answerTo(message: Buffer): string {
  return message.length > releaseBytesMax ? acquiredText : readyText;
}

async function listenAsWeDo(): Promise<number> {
  const notFound = { status: 404, headers: {}, body: "" };
  const listener = await openListener({
    host: "127.0.0.1",
    port: 0,
    routes: {
      http: () => notFound,
      upgrade: () => (socket) => ({
        message: (data) => socket.send(answerTo(data)),
        closed() {},
      }),
    },
    limits: listenerLimitsDefault,
    timeouts: listenerTimeoutsDefault,
    budget: createBudget(unlimited, systemClock),
    allowedHosts: [],
    allowedOrigins: [],
    handshakes: undefined,
    trustedProxies: undefined,
    logger: pino({ level: "silent" }),
    clock: systemClock,
  });
  return listener.port;
}

/** The library alone, at its best: each socket is corked once per turn of the event loop. */
async function listenBare(): Promise<number> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (webSocket, { socket }) => {
    let isCorked = false;
    webSocket.on("message", (data) => {
      if (!isCorked) {
        isCorked = true;
        socket.cork();
        setImmediate(() => {
          isCorked = false;
          socket.uncork();
        });
      }
      webSocket.send(answerTo(data as Buffer));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
}
