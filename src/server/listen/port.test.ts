import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { connectRaw, startListener } from "../../../testing/loopback.ts";

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);
const answering = {
  routes: {
    http: () => ({ status: 204, headers: {}, body: "" }),
    upgrade: () => ({ status: 404, headers: {}, body: "" }),
  },
};

test("localhost is this machine by IPv4 and, if it has that, by IPv6, on one port", async () => {
  await using test = await startListener({ ...answering, host: "localhost" });
  const hosts = ["127.0.0.1", ...(hasIPv6 ? ["::1"] : [])];
  const { listener } = test;
  assert.deepEqual(listener.hosts, hosts);
  for (const host of hosts) {
    const socket = connect({ host, port: listener.port });
    socket.end("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const [bytes] = await once(socket, "data");
    assert.match(String(bytes), /^HTTP\/1\.1 204 /);
    socket.destroy();
  }
});

test("a port that is taken on one address of a name is taken", async () => {
  await using first = await startListener(answering);
  const { port } = first.listener;
  await assert.rejects(startListener({ host: "localhost", port }), { code: "EADDRINUSE" });
  const client = await connectRaw(port);
  client.socket.destroy();
});

test("an address that the machine lacks, or a name without any, is refused", async () => {
  await assert.rejects(startListener({ host: "192.0.2.1" }), { code: "EADDRNOTAVAIL" });
  await assert.rejects(startListener({ host: "no-such-name.invalid" }), { syscall: "getaddrinfo" });
});
