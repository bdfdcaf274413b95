/** The real process with TLS, as its clients and whoever renews its certificate meet it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { createAuthority, type Identity } from "../../testing/certificates.ts";
import { readFigures } from "../../testing/figures.ts";
import {
  type HoldfastProcess,
  runHoldfast,
  startHoldfast,
} from "../../testing/holdfast-process.ts";
import { classicPorts } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { connectRaw } from "../../testing/loopback.ts";
import { peerOver } from "../../testing/nexus-peer.ts";
import { createTlsFiles, type TlsFiles } from "../../testing/tls-files.ts";

const run = promisify(execFile);

interface TlsServer extends AsyncDisposable {
  readonly process: HoldfastProcess;
  readonly port: number;
}

async function serve(
  files: Pick<TlsFiles, "folder" | "argv">,
  argv: readonly string[] = [],
): Promise<TlsServer> {
  const all = ["serve", "--listen", "127.0.0.1:0", "--data", "memory", ...files.argv, ...argv];
  const process = startHoldfast({ argv: all, folder: files.folder });
  const port = Number((await process.logged("listening")).port);
  return {
    process,
    port,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.ended;
    },
  };
}

/** The certificate that a new connection is shown, by the host it is for. */
async function namesShown(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

describe("clients of a server with TLS", () => {
  let files: TlsFiles;
  let server: TlsServer;

  before(async () => {
    files = createTlsFiles();
    server = await serve(files);
  });

  after(async () => {
    await server?.[Symbol.asyncDispose]();
    files[Symbol.dispose]();
  });

  /** What a shell prints for a line of the manual with https for http. */
  async function curl(line: string): Promise<string> {
    const text = line
      .replace("curl ", `curl -sS --cacert ${files.paths.ca} `)
      .replace("http://localhost:8080", `https://localhost:${server.port}`);
    return (await run("sh", ["-c", text], { cwd: files.folder })).stdout;
  }

  test("curl walks through the manual of LDLM, with a cookie that is Secure", async () => {
    const opened = await curl("curl -i -X POST -c cookies.txt http://localhost:8080/session");
    assert.match(opened, /^HTTP\/2 201 /);
    assert.match(opened, /\r\nset-cookie: ldlm-session=[^\r]*; SameSite=Strict; Secure\r\n/);
    const lock = JSON.parse(
      await curl(
        `curl -c cookies.txt -b cookies.txt http://localhost:8080/v1/lock -d '{"name": "My lock", "lock_timeout_seconds": 120}'`,
      ),
    );
    assert.equal(lock.locked, true);
    const unlocked = await curl(
      `curl -c cookies.txt -b cookies.txt http://localhost:8080/v1/unlock -d '{"name": "My lock", "key":"${lock.key}"}'`,
    );
    assert.equal(unlocked, '{"unlocked":true,"name":"My lock"}');
    assert.equal(
      await curl("curl -X DELETE -b cookies.txt -c cookies.txt http://localhost:8080/session"),
      '{"session_id": ""}',
    );
  });

  test("the published client of Locktopus locks over wss", async () => {
    const script = `
      import { LocktopusClient, LOCK_TYPE } from "@locktopus/client";
      const client = new LocktopusClient(WebSocket, {
        host: "localhost", port: ${server.port}, namespace: "n", secure: true,
      });
      await client.connect();
      console.log(await client.lock({ type: LOCK_TYPE.WRITE, path: ["a"] }));
      await client.release();
      client.close();`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
      env: { NODE_EXTRA_CA_CERTS: files.paths.ca },
    });
    assert.equal(stdout, "true\n");
  });

  test("Nexus is answered in a stream over TLS, and in HTTP", async () => {
    const socket = connect({ ...files.client, host: "localhost", port: server.port });
    await once(socket, "secureConnect");
    const peer = peerOver(socket);
    assert.equal(await peer.ask("sys.ping"), "pong");
    peer.end();
    await peer.closed;
    const body = `{"id":"a","method":"sys.ping"}`;
    const answer = await curl(`curl http://localhost:8080/nexus -d '${body}'`);
    assert.equal(answer, '{"jsonrpc":"2.0","id":"a","result":"pong"}\r\n');
  });

  test("the lines to try are answered when they are pasted", async () => {
    const [text] = await server.process.printed(/^Try[\s\S]*-w 5\n/m);
    const [page] = text.split("\n").filter((line) => line.startsWith("  curl "));
    assert.match(page ?? "", /https:/);
    assert.match((await run("sh", ["-c", page ?? ""])).stdout, /holdfast/i);
    await server.process.printed(/^ {2}https:\/\/127\.0\.0\.1:\d+ /m);
  });

  test("clear HTTP is told that the port speaks HTTPS", async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/`);
    assert.equal(answer.status, 400);
    assert.equal(await answer.text(), "this is HTTP, and the port speaks HTTPS\n");
  });

  test("a client that does not believe the certificate is counted, and so is the certificate", async () => {
    const { port } = server;
    await assert.rejects(run("curl", ["-sS", `https://localhost:${port}/`]), /certificate/);
    const figures = readFigures(await curl("curl http://localhost:8080/metrics"));
    assert.equal(figures.of("holdfast_refused_total", { reason: "tls_handshake" }), 1);
    assert.ok(figures.of("holdfast_tls_certificate_expires_seconds") > Date.now() / 1000);
  });

  test("a thousand of them at once are all answered", async () => {
    const options = { ...files.client, port: server.port, host: "127.0.0.1" };
    const sockets = Array.from({ length: 1_000 }, () => connect(options));
    await Promise.all(sockets.map((socket) => once(socket, "secureConnect")));
    for (const socket of sockets) socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const answers = await Promise.all(sockets.map((socket) => once(socket, "data")));
    assert.ok(answers.every(([answer]) => String(answer).startsWith("HTTP/1.1 200 ")));
    for (const socket of sockets) socket.destroy();
  });
});

test("TLS to a port in clear text is cut, and the log says what to do", async () => {
  using files = createTlsFiles();
  await using server = await serve({ folder: files.folder, argv: [] });
  await assert.rejects(connectRaw(server.port, files.client));
  await server.process.logged(
    "a client used TLS on a port without TLS: use http:// or ws://, or set tls.cert and tls.key",
  );
});

test("a handshake that stalls is cut after headerTimeout", async () => {
  using files = createTlsFiles();
  await using server = await serve(files, ["--http-header-timeout", "100ms"]);
  const stalling = await connectRaw(server.port);
  stalling.send(Buffer.of(0x16, 0x03, 0x01, 0x02, 0x00));
  assert.equal(await stalling.closed(), "");
  await server.process.logged("the first bytes of a connection did not arrive in time");
});

describe("a server that wants client certificates", () => {
  let files: TlsFiles;
  let server: TlsServer;
  const strangers = createAuthority("strangers");

  before(async () => {
    files = createTlsFiles();
    // Beyond loopback, as nobody else gets in.
    const argv = ["--listen", "0.0.0.0:0", "--tls-client-ca", files.paths.ca];
    server = await serve(files, argv);
  });

  after(async () => {
    await server?.[Symbol.asyncDispose]();
    files[Symbol.dispose]();
  });

  async function healthFor(identity: Identity | undefined): Promise<string> {
    const cert = join(files.folder, "client.pem");
    const key = join(files.folder, "client-key.pem");
    if (identity !== undefined) {
      writeFileSync(cert, identity.certificate);
      writeFileSync(key, identity.key);
    }
    const own = identity === undefined ? [] : ["--cert", cert, "--key", key];
    const url = `https://localhost:${server.port}/healthz`;
    return (await run("curl", ["-sS", "--cacert", files.paths.ca, ...own, url])).stdout;
  }

  test("answers those of its authority", async () => {
    assert.match(await healthFor(files.authority.issue({ name: "alice" })), /alive/);
  });

  test("refuses those of another, and those without, and logs why", async () => {
    await assert.rejects(healthFor(strangers.issue()));
    await assert.rejects(healthFor(undefined));
    const { fault } = await server.process.logged(
      "a client has no certificate that is trusted here",
    );
    assert.equal(fault, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });
});

describe("SIGHUP", () => {
  test("changes the certificate for new connections, and a lock that is held stays held", async () => {
    using files = createTlsFiles();
    await using server = await serve(files, classicPorts);
    const [, classic] = await server.process.printed(/^ +https:\/\/[^ ]+:(\d+) +LDLM REST$/m);
    const lock = '{"action":"lock","resources":[{"type":"write","path":["a"]}]}';
    const query = "namespace=n";
    const holder = await connectLocktopus(server.port, query, files.client);
    holder.send(lock);
    assert.equal((await holder.hear()).state, "acquired");

    files.replace(files.authority.issue({ hosts: ["localhost", "second.example"] }));
    server.process.kill("SIGHUP");
    const second = "DNS:localhost, DNS:second.example";
    while ((await namesShown(server.port)) !== second);
    assert.equal(await namesShown(Number(classic)), second);

    writeFileSync(files.paths.key, "garbage");
    server.process.kill("SIGHUP");
    const { err } = await server.process.logged(
      "the TLS files cannot be used; the certificate in use stays",
    );
    assert.match(JSON.stringify(err), /key\.pem holds no private key in PEM form/);

    const other = await connectLocktopus(server.port, query, files.client);
    other.send(lock);
    assert.equal((await other.hear()).state, "enqueued");
    holder.send('{"action":"release"}');
    assert.equal((await holder.hear()).state, "ready");
    assert.equal((await other.hear()).state, "acquired");
    holder.close();
    other.close();
  });

  test("ends no server without TLS, which says that there is nothing to reload", async () => {
    using files = createTlsFiles();
    await using server = await serve({ folder: files.folder, argv: [] });
    server.process.kill("SIGHUP");
    await server.process.logged("there is nothing to reload without TLS");
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status, 200);
  });
});

test("files that do not belong together keep the server from starting, in one line with status 1", async () => {
  using files = createTlsFiles();
  writeFileSync(files.paths.key, files.authority.issue().key);
  const argv = ["serve", "--listen", "127.0.0.1:0", "--data", "memory", ...files.argv];
  const { status, stderr } = await runHoldfast({ argv, folder: files.folder });
  assert.equal(status, 1);
  assert.match(stderr, /^holdfast: tls\.key: .*key\.pem is not the key of the certificate in .*$/m);
  assert.doesNotMatch(stderr, /^ +at /m);
});

test("a key without a certificate, and clients without a server that is known, are refused with status 2", async () => {
  using files = createTlsFiles();
  const argv = ["serve", "--tls-key", files.paths.key, "--tls-client-ca", files.paths.ca];
  const { status, stderr } = await runHoldfast({ argv, folder: files.folder });
  assert.equal(status, 2);
  assert.match(stderr, /tls\.key: with a key alone every port would speak clear text/);
  assert.match(stderr, /tls\.clientCa: server TLS is required/);
});
