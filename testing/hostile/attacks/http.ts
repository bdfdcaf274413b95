/** Requests of HTTP/1.1: pipelined, unread, unfinished, slow. */
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "../../../test/conformance/locktopus/connection.cases.ts";
import { type Attack, fillSeconds, isOver, type Target } from "../attack.ts";
import { textFrame } from "../websocket-frames.ts";
import {
  askOn,
  assemble,
  batch,
  crowd,
  openSocket,
  openWebSocket,
  pour,
  pourOnAll,
  taken,
} from "../wire.ts";

export function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

export function post(path: string, body: string, head = ""): string {
  const fields = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${head}`;
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n${body}`;
}

interface Wishes {
  readonly connections?: number;
  /** Clients that read no answer when they are deaf. */
  readonly isDeaf?: boolean;
}

export function pipelined(
  name: string,
  request: string,
  { connections = 8, isDeaf = false }: Wishes = {},
): Attack {
  const [line] = request.split(" HTTP");
  return {
    name,
    does: `${line} pipelined on ${connections} connections${isDeaf ? ", answers not read" : ""}`,
    run: (target) => pourOnAll(target, connections, batch(request), { isDeaf }),
  };
}

/** A session of LDLM over REST, as the header that names it. */
export async function openSession(target: Target): Promise<string> {
  const socket = await openSocket(target);
  const answer = await askOn(socket, post("/session", ""));
  socket.destroy();
  const cookie = /set-cookie: (ldlm-session=\w+)/i.exec(answer)?.[1];
  if (cookie === undefined) throw new Error(`no session: ${answer.slice(0, 100)}`);
  return `Cookie: ${cookie}\r\n`;
}

/** 99,328 names: as many as the statistics of a namespace walk. */
async function crowdNamespace(target: Target): Promise<void> {
  await assemble(target, 97, async (place) => {
    const socket = await openWebSocket(target, "/v1?namespace=crowded");
    const names = Array.from({ length: 1024 }, (_, name) => `write ${place}-${name}`);
    await askOn(socket, textFrame(lock(...names)));
  });
}

async function askForNamespace(target: Target): Promise<void> {
  const socket = await openSocket(target);
  socket.write(batch(get("/stats?namespace=crowded")));
}

async function leaveBodies(target: Target): Promise<void> {
  const cookie = await openSession(target);
  const bytes = 1024 * 1024;
  const head = `Cookie: x=y\r\n${cookie}Content-Length: ${bytes}\r\n\r\n`;
  const begun = Buffer.from(`POST /v1/lock HTTP/1.1\r\nHost: localhost\r\n${head}`);
  const body = Buffer.alloc(bytes - 1, " ");
  await assemble(target, 3000, async () => {
    const socket = await openSocket(target);
    socket.write(begun);
    await taken(target, socket, body);
  });
}

/** A header a second, which never ends. */
async function sendSlowly(target: Target): Promise<void> {
  await assemble(target, 3000, async () => {
    const socket = await openSocket(target);
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
    void (async () => {
      while (!isOver(target) && !socket.destroyed) {
        await sleep(1000);
        socket.write("X-Slow: x\r\n");
      }
    })();
  });
}

/** A body in chunks of one byte, which does not end (RFC 9112, section 7.1). */
async function sendChunks(target: Target): Promise<void> {
  const cookie = await openSession(target);
  const head = `POST /v1/lock HTTP/1.1\r\nHost: localhost\r\n${cookie}`;
  const piece = batch("1\r\n \r\n");
  await crowd(target, 8, async () => {
    const socket = await openSocket(target);
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    await pour(target, socket, () => piece);
  });
}

const preflight =
  "OPTIONS /stats HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n" +
  "Access-Control-Request-Method: GET\r\n\r\n";

const longHead = Array.from({ length: 12 }, (_, field) => `X-${field}: ${"x".repeat(1000)}\r\n`);

export const httpAttacks: readonly Attack[] = [
  {
    name: "stats-of-100000-names",
    does: "one write of 64 KiB of pipelined GET /stats of a namespace with 99,328 names",
    prepare: crowdNamespace,
    run: askForNamespace,
  },
  pipelined("pipelined-metrics", get("/metrics")),
  pipelined("pipelined-metrics-unread", get("/metrics"), { connections: 30, isDeaf: true }),
  pipelined("pipelined-healthz", get("/healthz")),
  pipelined("pipelined-readyz", get("/readyz")),
  pipelined("pipelined-schema", get("/api/schema")),
  pipelined("pipelined-schema-unread", get("/api/schema"), { connections: 30, isDeaf: true }),
  pipelined("pipelined-pages", get("/"), { connections: 8 }),
  pipelined("pipelined-not-found", get("/nowhere"), { connections: 8 }),
  pipelined("pipelined-is-locked", post("/api/v1/mutexes/is-locked", '["m"]')),
  pipelined(
    "pipelined-long-heads",
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${longHead.join("")}\r\n`,
  ),
  pipelined("pipelined-preflights", preflight),
  {
    name: "one-byte-chunks",
    does: "bodies in chunks of one byte, on 8 connections",
    run: sendChunks,
  },
  {
    name: "unfinished-bodies",
    seconds: fillSeconds,
    does: "3,000 bodies of 1 MiB that lack their last byte, over HTTP/1.1",
    run: leaveBodies,
  },
  {
    name: "slow-headers",
    does: "3,000 requests of a header a second that do not end",
    run: sendSlowly,
    seconds: 12,
  },
];
