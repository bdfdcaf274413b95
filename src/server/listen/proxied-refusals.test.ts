/** Connections to a port with the PROXY protocol that are refused, and those that no cap counts. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { BlockList } from "node:net";
import { test } from "node:test";
import {
  connectProxied,
  connectRaw,
  type ListenerWishes,
  startListener,
  until,
} from "../../../testing/loopback.ts";
import { proxyBlock, proxyBlock4, proxyLine, proxyLocal } from "../../../testing/proxy-headers.ts";
import { recordStreams } from "../../../testing/recorded-streams.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);

const get = "GET /a HTTP/1.1\r\nHost: test\r\n\r\n";

/** Answers with the path and the address of the client. */
function startProxied(wishes: Partial<ListenerWishes> = {}) {
  return startListener({ routes: recordStreams().routes, trustedProxies: loopback, ...wishes });
}

const refusals = [
  { what: "an HTTP request", bytes: get, reason: "proxy_header_missing" },
  { what: "a stream", bytes: "{}", reason: "proxy_header_missing" },
  { what: "TLS", bytes: "\x16\x03\x01", reason: "proxy_header_missing" },
  { what: "HTTP/2", bytes: "PRI * HTTP/2.0\r\n\r\n", reason: "proxy_header_missing" },
  { what: "a blank line", bytes: "\r\n\r\nGET", reason: "proxy_header_missing" },
  { what: "garbage", bytes: "\0\xff\0\xff", reason: "proxy_header_missing" },
  {
    what: "a header of no known kind",
    bytes: `PROXY UDP4 198.51.100.7 192.0.2.1 1 2\r\n${get}`,
    reason: "proxy_header_malformed",
  },
  {
    what: "a line that does not end",
    bytes: "PROXY UNKNOWN ".padEnd(200, "x"),
    reason: "proxy_header_malformed",
  },
  {
    what: "a header of version 3",
    bytes: proxyBlock(0x31, 0x11, Buffer.alloc(12)).toString("latin1"),
    reason: "proxy_header_malformed",
  },
] as const;

for (const { what, bytes, reason } of refusals) {
  for (const how of ["at once", "byte by byte"]) {
    test(`${what} in place of a header, ${how}, is refused and logged`, async () => {
      await using test = await startProxied();
      const client = await connectRaw(test.listener.port);
      const buffer = Buffer.from(bytes, "latin1");
      if (how === "at once") client.send(buffer);
      else await client.sendByteByByte(buffer);
      assert.equal(await client.closed(), "");
      const { refusedTotal, acceptedTotal } = test.listener.status();
      assert.equal(refusedTotal[reason], 1);
      assert.equal(acceptedTotal, 0);
      assert.equal(test.lines[0]?.reason, reason);
      assert.equal(test.lines[0]?.remoteAddress, "127.0.0.1");
      await until(() => test.listener.status().connectionsOpen === 0);
    });
  }
}

test("the log says what to do about a header that is missing", async () => {
  await using test = await startProxied();
  const client = await connectRaw(test.listener.port);
  client.send(get);
  await client.closed();
  assert.match(String(test.lines[0]?.msg), /let the proxy send it, or .* proxyProtocol$/);
});

for (const [version, header] of [
  [1, proxyLine("198.51.100.7")],
  [2, proxyBlock4("198.51.100.7")],
] as const) {
  test(`a header of version ${version} on a port that expects none is refused by its name`, async () => {
    await using test = await startListener({ routes: recordStreams().routes });
    const client = await connectProxied(test.listener.port, header);
    client.send(get);
    const received = await client.closed();
    assert.match(
      received,
      /^HTTP\/1\.1 400 [\s\S]* PROXY protocol: add the listener to proxyProtocol/,
    );
    assert.equal(test.listener.status().refusedTotal.proxy_header_unexpected, 1);
    assert.match(String(test.lines[0]?.msg), /PROXY protocol, .* trustedProxies, or let the proxy/);
  });
}

test("a second header behind the first is refused by its name", async () => {
  await using test = await startProxied();
  const header = proxyLine("198.51.100.7");
  const client = await connectProxied(test.listener.port, header + header);
  client.send(get);
  assert.match(await client.closed(), /PROXY protocol/);
  assert.equal(test.listener.status().refusedTotal.proxy_header_unexpected, 1);
});

test("a connection from elsewhere is refused, whatever it sends", async () => {
  const elsewhere = new BlockList();
  elsewhere.addAddress("192.0.2.1");
  elsewhere.addAddress("::1", "ipv6");
  await using test = await startProxied({ trustedProxies: elsewhere });
  for (const bytes of [proxyLine("198.51.100.7") + get, get, proxyLocal]) {
    const client = await connectRaw(test.listener.port);
    client.send(bytes);
    assert.equal(await client.closed(), "");
  }
  assert.equal(test.listener.status().refusedTotal.proxy_untrusted, 3);
  assert.equal(test.listener.status().acceptedTotal, 0);
  assert.match(String(test.lines[0]?.msg), /trustedProxies$/);
  assert.equal(test.lines[0]?.remoteAddress, "127.0.0.1");
});

for (const bytes of [
  "",
  "PROXY TCP4 198.51.100.7",
  "\r\n\r\n\0\r\nQUIT\n!",
  proxyLine("198.51.100.7"),
  `${proxyLine("198.51.100.7")}P`,
]) {
  test(`a proxied connection that sends only ${JSON.stringify(bytes)} is cut in time`, async () => {
    await using test = await startProxied({ timeouts: { firstByteMs: 10_000 } });
    const client = await connectRaw(test.listener.port);
    client.send(bytes);
    await until(() => test.listener.status().connectionsOpen === 1);
    test.clock.advance(9999);
    assert.equal(test.listener.status().refusedTotal.first_byte_timeout, 0);
    test.clock.advance(1);
    assert.equal(test.listener.status().refusedTotal.first_byte_timeout, 1);
    assert.equal(await client.closed(), "");
  });
}

test("a proxy that connects and leaves, as some check health, leaves no trace", async () => {
  await using test = await startProxied();
  const client = await connectRaw(test.listener.port);
  client.socket.end();
  await client.closed();
  await until(() => test.listener.status().connectionsOpen === 0);
  test.clock.advance(60_000);
  assert.deepEqual(test.lines, []);
});

test("a proxy that connects and resets the connection, as others check, leaves no trace", async () => {
  await using test = await startProxied();
  // It is gone before the listener accepts it, because this process waits for the other one.
  const connect = `require("node:net").connect(${test.listener.port}, "127.0.0.1")`;
  const check = `${connect}.on("connect", function () { this.resetAndDestroy(); })`;
  execFileSync(process.execPath, ["-e", check]);
  // The listener accepts connections in their order.
  const last = await connectProxied(test.listener.port, proxyLocal);
  last.send(get);
  await last.until((received) => received.endsWith("/a 127.0.0.1"));
  assert.deepEqual(test.lines, []);
  last.socket.destroy();
});

const selfHeaders = [
  { what: "LOCAL", header: proxyLocal },
  { what: "UNKNOWN", header: "PROXY UNKNOWN\r\n" },
  { what: "an unspecified family", header: proxyBlock(0x21, 0x00) },
  { what: "a unix socket", header: proxyBlock(0x21, 0x31, Buffer.alloc(216)) },
];

for (const { what, header } of selfHeaders) {
  test(`a proxy that speaks for ${what} has its own address and no cap`, async () => {
    await using test = await startProxied({ limits: { connectionsPerAddressMax: 1 } });
    for (let count = 0; count < 3; count++) {
      const client = await connectProxied(test.listener.port, header);
      client.send(get);
      await client.until((received) => received.endsWith("/a 127.0.0.1"));
    }
    assert.equal(test.listener.status().acceptedTotal, 3);
  });
}

test("the cap of an address counts clients and not their proxy", async () => {
  await using test = await startProxied({ limits: { connectionsPerAddressMax: 2 } });
  const { port } = test.listener;
  async function ask(address: string) {
    const client = await connectProxied(port, proxyBlock4(address));
    client.send(get);
    await client.until((received) => received.includes(" 503 ") || received.endsWith(address));
    return client;
  }
  const first = await ask("198.51.100.1");
  for (const address of ["198.51.100.1", "198.51.100.2", "198.51.100.2", "198.51.100.3"]) {
    assert.match((await ask(address)).received(), /^HTTP\/1\.1 200 /);
  }
  const third = await ask("198.51.100.1");
  assert.match(await third.closed(), /^HTTP\/1\.1 503 [\s\S]*too many connections\n$/);
  const { connectionsOpen, acceptedTotal, refusedTotal } = test.listener.status();
  assert.equal(connectionsOpen, 5);
  assert.equal(acceptedTotal, 5);
  assert.equal(refusedTotal.address_connections_max, 1);
  assert.equal(test.lines[0]?.remoteAddress, "198.51.100.1");

  first.socket.destroy();
  await until(() => test.listener.status().connectionsOpen === 4);
  assert.match((await ask("198.51.100.1")).received(), /^HTTP\/1\.1 200 /);
});

test("the cap of an address holds for a whole network of IPv6", async () => {
  await using test = await startProxied({ limits: { connectionsPerAddressMax: 1 } });
  const { port } = test.listener;
  const first = await connectProxied(port, proxyLine("2001:db8:0:1::1"));
  first.send(get);
  await first.until((received) => received.includes(" 200 "));
  const neighbour = await connectProxied(port, proxyLine("2001:db8:0:1:ffff::2"));
  neighbour.send(get);
  assert.match(await neighbour.closed(), /^HTTP\/1\.1 503 /);
  const other = await connectProxied(port, proxyLine("2001:db8:0:2::1"));
  other.send(get);
  await other.until((received) => received.includes(" 200 "));
  first.socket.destroy();
  other.socket.destroy();
});

test("the cap of all counts connections before their header", async () => {
  await using test = await startProxied({ limits: { connectionsMax: 1 } });
  const silent = await connectRaw(test.listener.port);
  await until(() => test.listener.status().connectionsOpen === 1);
  const client = await connectProxied(test.listener.port, proxyLine("198.51.100.1"));
  assert.match(await client.closed(), /^HTTP\/1\.1 503 /);
  assert.equal(test.listener.status().refusedTotal.connections_max, 1);
  silent.socket.destroy();
});

test("when the listener stops accepting, a connection without a header is cut", async () => {
  await using test = await startProxied();
  const client = await connectRaw(test.listener.port);
  client.send("PROXY TCP4");
  await until(() => test.listener.status().connectionsOpen === 1);
  test.listener.stopAccepting();
  test.clock.advance(60_000);
  assert.equal(await client.closed(), "");
  assert.deepEqual(test.lines, []);
});
