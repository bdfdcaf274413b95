/** A whole server behind a proxy with the PROXY protocol; docs/operating/security.md. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { askSocket } from "../../testing/admin-client.ts";
import { startInProcess } from "../../testing/in-process-server.ts";
import { clientFrame, connectProxied, connectRaw, upgradeRequest } from "../../testing/loopback.ts";
import { proxyBlock4, proxyLine } from "../../testing/proxy-headers.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

test("sessions are listed with the address of the client, and other ports need no proxy", async () => {
  using folder = createTemporaryFolder();
  const socket = join(folder.path, "admin.sock");
  await using server = await startInProcess({
    "--proxy-protocol": "main,ldlmRest,nexus",
    "--nexus-nobody-tags": "@sys.session.list",
    "--admin-socket": socket,
  });

  const locktopus = await connectProxied(server.portOf("main"), proxyBlock4("198.51.100.1"));
  locktopus.send(upgradeRequest("/v1?namespace=default"));
  locktopus.send(clientFrame(1, lock("write a")));
  await locktopus.until((received) => received.includes('"acquired"'));
  const rest = await connectProxied(server.portOf("ldlmRest"), proxyLine("2001:db8::2"));
  rest.send("POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  await rest.until((received) => received.startsWith("HTTP/1.1 2"));
  const direct = await connectRaw(server.portOf("locktopus"));
  direct.send(upgradeRequest("/v1?namespace=default"));
  direct.send(clientFrame(1, lock("write b")));
  await direct.until((received) => received.includes('"acquired"'));

  const { body } = await askSocket(socket, "GET", "/admin/v1/sessions");
  const { sessions } = body as { sessions: Array<{ origin: { address: string } }> };
  assert.deepEqual(sessions.map(({ origin }) => origin.address).sort(), [
    "127.0.0.1",
    "198.51.100.1",
    "2001:db8::2",
  ]);
  for (const client of [locktopus, rest, direct]) client.socket.destroy();

  const nexus = await connectProxied(server.portOf("nexus"), proxyLine("203.0.113.7"));
  nexus.send('{"id":1,"method":"sys.session.list"}\r\n');
  const listed = await nexus.until((received) => received.includes("\r\n"));
  assert.match(listed, /"remoteAddress":"203\.0\.113\.7/);
  nexus.socket.destroy();

  const unproxied = await connectRaw(server.portOf("main"));
  unproxied.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assert.equal(await unproxied.closed(), "");
});
