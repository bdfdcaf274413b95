import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { concurrently } from "../../concurrently.ts";
import { callHead, type Http2Client, openHttp2Client } from "../../http2-client.ts";
import { type LdlmMethod, pathOf, readAnswer, requestBytes } from "../../ldlm-proto.ts";
import { createTemporaryFolder } from "../../temporary-folder.ts";
import type { Row } from "../bounds.ts";
import { startServer } from "../server.ts";

const clientCount = 1000;
const leaseSeconds = 15;
/** All are back within this time from the moment at which the server listens. */
const backMsMax = 10_000;
/** Time between two attempts of a client to connect. */
const retryMs = 50;

interface Member {
  readonly name: string;
  readonly key: string;
  client: Http2Client;
}

/** A thousand clients with leases, whose connections a restart cuts, return at once and renew. */
export const lockstep = {
  name: "return-in-lockstep",
  async run(): Promise<Row> {
    using folder = createTemporaryFolder();
    await using server = await startServer(folder.path, []);
    const { port } = server;
    const members: Member[] = [];
    const places = Array.from({ length: clientCount }, (_, place) => place);
    await concurrently(places, 50, async (place) => void members.push(await join(port, place)));
    await server[Symbol.asyncDispose]();

    const beganMs = performance.now();
    const giveUpMs = beganMs + 3 * backMsMax;
    const returning = members.map((member) => comeBack(port, member, giveUpMs));
    await using next = await startServer(folder.path, [], port);
    const listensMs = performance.now();
    const backAt = await Promise.all(returning);
    const back = backAt.filter((at) => at !== undefined);
    const lastMs = Math.max(0, ...back) - listensMs;
    for (const { client } of members) client.destroy();
    const faults = [
      ...(back.length < clientCount ? [`${clientCount - back.length} did not come back`] : []),
      ...(lastMs > backMsMax ? [`the last came back after ${Math.round(lastMs)} ms`] : []),
    ];
    const startMs = listensMs - beganMs;
    const counts = { backMs: Math.round(lastMs) };
    return { attack: this.name, startMs, counts, peakMiB: next.memory.peakMiB, lost: 0, faults };
  },
};

async function join(port: number, place: number): Promise<Member> {
  const name = `member-${place}`;
  const client = openHttp2Client(port);
  const { locked, key = "" } = await call(client, "TryLock", { name, ...lease });
  assert.equal(locked, true);
  return { name, key, client };
}

const lease = { lock_timeout_seconds: leaseSeconds };

/** The moment at which its lock is renewed; `undefined` when it is lost or takes too long. */
async function comeBack(port: number, member: Member, giveUpMs: number) {
  const { name, key } = member;
  while (performance.now() < giveUpMs) {
    member.client.destroy();
    member.client = openHttp2Client(port);
    try {
      await once(member.client.socket, "connect");
      const { locked } = await call(member.client, "Renew", { name, key, ...lease });
      return locked ? performance.now() : undefined;
    } catch {
      await sleep(retryMs);
    }
  }
  return undefined;
}

/** Rejects when the call fails. */
async function call(client: Http2Client, method: LdlmMethod, fields: object) {
  const message = requestBytes(method, fields);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const { closed } = client.request(callHead(pathOf(method)), Buffer.concat([head, message]));
  const { trailers, body } = await closed;
  if (trailers["grpc-status"] !== "0") throw new Error(`gRPC status ${trailers["grpc-status"]}`);
  return readAnswer(method, body.subarray(5));
}
