import assert from "node:assert/strict";
import { once } from "node:events";
import { callHead, type Http2Client, openHttp2Client } from "../../http2-client.ts";
import { type LdlmMethod, pathOf, readAnswer, requestBytes } from "../../ldlm-proto.ts";
import { returnInLockstep } from "./returning.ts";

interface Member {
  readonly name: string;
  readonly key: string;
  client: Http2Client;
}

const lease = { lock_timeout_seconds: 15 };

/** Clients with leases, who renew them. */
export const lockstep = returnInLockstep<Member>({
  name: "return-in-lockstep",
  argv: [],
  async join(port, place) {
    const name = `member-${place}`;
    const client = openHttp2Client(port);
    const { locked, key = "" } = await call(client, "TryLock", { name, ...lease });
    assert.equal(locked, true);
    return { name, key, client };
  },
  async comeBack(port, member) {
    const { name, key } = member;
    member.client.destroy();
    member.client = openHttp2Client(port);
    await once(member.client.socket, "connect");
    const { locked } = await call(member.client, "Renew", { name, key, ...lease });
    return locked === true;
  },
  leave: ({ client }) => client.destroy(),
});

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
