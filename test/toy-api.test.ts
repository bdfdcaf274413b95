/**
 * A further protocol is its own files and its place in two lists, as CONTRIBUTING.md says under "Adding a protocol".
 * The toy (testing/toy-api) joins a copy of the sources in this way. There it compiles, serves its clients in one space
 * with the other APIs, and shows wherever those do.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { scryptSync } from "node:crypto";
import { cpSync, existsSync, globSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { feed, feedings } from "../testing/feeding.ts";
import type { LiveServer } from "../testing/live-server.ts";
import { connectLocktopus } from "../testing/locktopus-peer.ts";
import { connectRaw } from "../testing/loopback.ts";
import { connectSoftvisio } from "../testing/softvisio-peer.ts";
import { createTemporaryFolder } from "../testing/temporary-folder.ts";
import { lineOf, overHttp, overTcp, overWebSocket, type ToyPeer } from "../testing/toy-peer.ts";
import {
  lock as locktopusLock,
  release as locktopusRelease,
} from "./conformance/locktopus/connection.cases.ts";

/** The lists that a further API joins, up to the last of their names. */
const lists = {
  "src/server/apis/mod.ts": /const apisByName = \{[^}]*\w/,
  "src/server/config/apis/mod.ts": /export const apiConfigs = \{[^}]*\w/,
} as const;

type List = keyof typeof lists;

const project = fileURLToPath(new URL("../", import.meta.url));
const temporary = createTemporaryFolder();
const whole = join(temporary.path, "whole");
const toyFiles = globSync("**/*.ts", { cwd: join(project, "testing/toy-api") });

before(() => copyTo(whole, ["src/server/apis/mod.ts", "src/server/config/apis/mod.ts"]));
after(() => temporary[Symbol.dispose]());

/** Copies the sources with the files of the toy, and adds it to these lists. */
function copyTo(folder: string, listed: readonly List[]): void {
  for (const part of ["src", "testing", "test/tidy.test.ts", "package.json", "tsconfig.json"]) {
    cpSync(join(project, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.endsWith("node_modules"),
    });
  }
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  cpSync(join(project, "testing/toy-api"), join(folder, "src"), { recursive: true });
  const options = { extends: "./tsconfig.json", include: ["src"], exclude: ["**/*.test.ts"] };
  writeFileSync(join(folder, "types.json"), JSON.stringify(options));
  for (const list of listed) {
    const path = join(folder, list);
    const text = readFileSync(path, "utf8").replace(lists[list], "$&, toy");
    writeFileSync(path, `import { toy } from "./toy.ts";\n${text}`);
  }
}

/** Runs a program of the copy; resolves with what it prints, also when it fails. */
function run(folder: string, ...argv: readonly string[]): Promise<string> {
  // Otherwise a test that this one runs would report to its runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: folder, env }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

describe("adding a protocol", { concurrency: 2 }, () => {
  test("changes two existing files, each by an import and a name in its list", () => {
    const changed = globSync("{src,testing,test}/**/*.ts", { cwd: whole })
      .map((file) => ({ file, before: linesOf(project, file), after: linesOf(whole, file) }))
      .filter(({ before, after }) => before !== undefined && before.join() !== after?.join())
      .map(({ file, before = [], after = [] }) => [
        file,
        new Set(after).difference(new Set(before)).size,
      ]);
    assert.deepEqual(Object.fromEntries(changed), {
      "src/server/apis/mod.ts": 2,
      "src/server/config/apis/mod.ts": 2,
    });
  });

  test("follows a recipe that names every file", () => {
    const contributing = readFileSync(join(project, "CONTRIBUTING.md"), "utf8");
    const [, recipe = ""] = /\n## Adding a protocol\n(.*?)\n## /s.exec(contributing) ?? [];
    const places = [...Object.keys(lists), ...toyFiles.map(placeOf)];
    const unnamed = places.filter((place) => !recipe.includes(place));
    assert.deepEqual(unnamed, []);
  });

  test("compiles, and keeps to the table of imports as it is", async () => {
    const [types, tidy] = await Promise.all([typeErrors(whole), run(whole, "test/tidy.test.ts")]);
    assert.equal(types, "");
    assert.match(tidy, /^ℹ fail 0$/m, tidy);
  });

  test("does not compile while it is missing in the list of APIs", async () => {
    const folder = join(temporary.path, "half");
    copyTo(folder, ["src/server/config/apis/mod.ts"]);
    const errors = await typeErrors(folder);
    assert.match(errors, /^src\/server\/apis\/mod\.ts\(.*'toy' is missing/);
    assert.equal(errors.match(/error TS/g)?.length, 1, errors);
  });
});

function typeErrors(folder: string): Promise<string> {
  return run(folder, "node_modules/typescript/bin/tsc", "--pretty", "false", "-p", "types.json");
}

function linesOf(folder: string, file: string): readonly string[] | undefined {
  const path = join(folder, file);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n") : undefined;
}

/** As the recipe names it: `<name>` stands for the protocol, its folder for the files in it. */
function placeOf(file: string): string {
  return `src/${file.replace(/toy\/.*/, "<name>/").replace("toy.ts", "<name>.ts")}`;
}

const lock = (id: number, name: string) => ({ id, method: "lock", name });
const unlock = (id: number, name: string) => ({ id, method: "unlock", name });
const publish = (id: number, topic: string, text: string) => ({
  id,
  method: "publish",
  topic,
  text,
});
const subscribe = (id: number, topic: string) => ({ id, method: "subscribe", topic });
const hash = (id: number, text: string) => ({ id, method: "hash", text, salt: "salt" });
const hashed = (text: string) => scryptSync(text, "salt", 32).toString("hex");

/** Compares the next lines with these, which may leave out members. */
async function hears(peer: ToyPeer, ...lines: readonly object[]): Promise<void> {
  for (const line of lines) assert.partialDeepStrictEqual(await peer.hear(), line);
}

describe("a server with the toy", () => {
  let server: LiveServer;
  let classicPort: number;

  before(async () => {
    const path = pathToFileURL(join(whole, "testing/live-server.ts"));
    const { startLiveServer, classicPorts, classicPortOf } = (await import(
      path.href
    )) as typeof import("../testing/live-server.ts");
    const argv = ["--data", "memory", "--limits-message-bytes-max", "1KiB", ...classicPorts];
    server = await startLiveServer({ folder: temporary.path, argv });
    classicPort = await classicPortOf(server, "toy");
  });

  after(() => server?.[Symbol.asyncDispose]());

  test("holds a lock against all transports and APIs, until it is unlocked or the client is gone", async () => {
    const tcp = await overTcp(classicPort);
    const webSocket = await overWebSocket(server.port);
    const locktopus = await connectLocktopus(server.port, "namespace=default");
    tcp.send(lock(1, "a"));
    await hears(tcp, { id: 1, granted: 1 });
    webSocket.send(lock(1, "a"));
    await hears(webSocket, { id: 1, error: "lock_held" });
    assert.partialDeepStrictEqual(await overHttp(server.port, lock(1, "a")), [
      { error: "lock_held" },
    ]);
    locktopus.send(locktopusLock("write a"));
    assert.equal((await locktopus.hear()).state, "enqueued");
    tcp.send(unlock(2, "a"));
    await hears(tcp, { id: 2, released: true });
    assert.equal((await locktopus.hear()).state, "acquired");

    webSocket.send(lock(2, "a"));
    await hears(webSocket, { id: 2, error: "lock_held" });
    locktopus.send(locktopusRelease);
    assert.equal((await locktopus.hear()).state, "ready");
    webSocket.send(lock(3, "a"));
    await hears(webSocket, { id: 3, granted: 3 });
    locktopus.send(locktopusLock("write a"));
    assert.equal((await locktopus.hear()).state, "enqueued");
    webSocket.end();
    assert.equal((await locktopus.hear()).state, "acquired");
    locktopus.close();
    tcp.end();
  });

  test("takes several commands in one request over HTTP, whose locks end with it", async () => {
    const requests = [
      lock(1, "b"),
      lock(2, "c"),
      unlock(3, "b"),
      hash(4, "x"),
      unlock(5, "b"),
      subscribe(6, "t"),
    ];
    for (const _ of [1, 2]) {
      const [first, ...others] = await overHttp(server.port, ...requests);
      assert.partialDeepStrictEqual(first, { id: 1 });
      assert.partialDeepStrictEqual(others, [
        { id: 2 },
        { id: 3, released: true },
        { id: 4, hash: hashed("x") },
        { id: 5, error: "not_found" },
        { id: 6, error: "unsupported" },
      ]);
    }
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/toy`)).status, 405);
  });

  test("sends the events of every API to the subscribers of a topic", async () => {
    const peers = [await overTcp(classicPort), await overWebSocket(server.port)];
    for (const peer of peers) {
      peer.send(subscribe(1, "main/news"));
      await hears(peer, { id: 1, subscribed: true });
    }
    const softvisio = await connectSoftvisio(server.port);
    softvisio.notify("/subscribe", ["/cluster/main/news"]);
    await softvisio.call("/v1/events/publish", "main", { name: "news", data: "from softvisio" });
    await overHttp(server.port, publish(1, "main/news", "from HTTP"));
    for (const peer of peers) {
      await hears(peer, { topic: "main/news", text: "from softvisio" });
      await hears(peer, { topic: "main/news", text: "from HTTP" });
      peer.end();
    }
    assert.deepEqual(await softvisio.hear(), ["/cluster/main/news", "from HTTP"]);
    softvisio.close();
  });

  for (const feeding of feedings) {
    test(`answers in order a client that ends its side at once, sent ${feeding}`, async () => {
      const requests = [lock(1, "e"), hash(2, "one"), hash(3, "two"), unlock(4, "e"), lock(5, "e")];
      const wrong = [{ id: "6", method: "steal" }, { method: "lock" }, []];
      const messages = [...requests, ...wrong].map((request) => Buffer.from(lineOf(request)));
      const client = await connectRaw(classicPort);
      await feed(client, messages, feeding);
      client.socket.end();
      const answers = (await client.closed()).split("\n").slice(0, -1);
      assert.partialDeepStrictEqual(
        answers.map((line) => JSON.parse(line)),
        [
          { id: 1 },
          { id: 2, hash: hashed("one") },
          { id: 3, hash: hashed("two") },
          { id: 4, released: true },
          { id: 5 },
          { id: "6", error: "unknown_method" },
          { error: "malformed" },
          { error: "malformed" },
        ],
      );
    });
  }

  test("ends a connection behind a line over the limit, and the answers before it", async () => {
    const peer = await overTcp(classicPort);
    peer.send(hash(1, "x"), publish(2, "t", "x".repeat(1024)), publish(3, "t", ""));
    await hears(peer, { id: 1, hash: hashed("x") }, { error: "line_too_long" });
    assert.equal(await peer.hear(), "the end");
    peer.end();
  });

  test("ends a connection that sends only rubbish", async () => {
    const peer = await overWebSocket(server.port);
    peer.send(...new Array<object>(200).fill({}));
    for (let count = 0; count < 128; count += 1) {
      assert.partialDeepStrictEqual(await peer.hear(), { error: "malformed" });
    }
    assert.equal(await peer.hear(), "the end");
  });

  test("names it in the welcome, on the status page and in the metrics", async () => {
    await server.process.printed(/^ +http:.* +Locktopus, .*toy.*, status page$/m);
    await server.process.printed(new RegExp(`^ +tcp://127\\.0\\.0\\.1:${classicPort} +toy$`, "m"));
    const status = await fetch(`http://127.0.0.1:${server.port}/`);
    assert.match(await status.text(), /^ +toy +lines of JSON/m);
    const figures = await server.figures();
    const granted = { api: "toy", outcome: "granted" };
    assert.ok(figures.of("holdfast_operations_total", granted) > 0);
  });

  test("has its settings, and no open port beyond loopback, because nobody guards it", async () => {
    const printed = await run(whole, "src/cli/main.ts", "config", "print");
    assert.match(printed, /^toy:\n {2}listen: 127\.0\.0\.1:7777 .*\n {2}namespace: default /m);
    const open = ["--classic-ports", "--toy-listen", "0.0.0.0:0"];
    const refused = await run(whole, "src/cli/main.ts", "serve", ...open);
    assert.match(refused, /^ *toy\.listen: 0\.0\.0\.0:0 can be reached from other machines/m);
  });

  test("says goodbye at a stop", async () => {
    const peer = await overTcp(classicPort);
    peer.send(lock(1, "d"));
    await hears(peer, { id: 1 });
    server.process.kill("SIGTERM");
    await hears(peer, { error: "stopping" });
    assert.equal(await peer.hear(), "the end");
    peer.end();
    assert.equal((await server.process.ended).status, 0);
  });
});
