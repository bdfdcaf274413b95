import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MessageConversation } from "../../../src/protocols/conversation.ts";
import type { HttpResponse } from "../../../src/protocols/protocol.ts";
import { lock, release } from "./connection.cases.ts";
import {
  type ExpectedResponse,
  type HttpCase,
  handshakeCases,
  handshakeHeaders,
  pageCases,
  requestCases,
  upgradeCases,
} from "./http.cases.ts";
import { createWorld, request, type World } from "./world.ts";

/** Pages that are made anew before one is given to all who ask. */
const burst = 8;

describe("a request that is refused before the handshake", () => {
  for (const { see, rule, target, expect } of requestCases) {
    it(`${see}: ${rule}`, () => {
      const { locktopus } = createWorld();
      assertResponse(locktopus.http(request(target)), expect);
      assertResponse(locktopus.upgrade(request(target, handshakeHeaders)), expect);
    });
  }
});

describe("a handshake that is refused", () => {
  for (const httpCase of handshakeCases) {
    it(`${httpCase.see}: ${httpCase.rule}`, () => {
      assertResponse(createWorld().locktopus.upgrade(requestOf(httpCase)), httpCase.expect);
    });
  }

  it("leaves no namespace behind", () => {
    const { locktopus } = createWorld();
    locktopus.upgrade(request("/v1?namespace=n"));
    assert.equal(locktopus.http(request("/stats_v1?namespace=n")).status, 404);
  });
});

describe("an upgrade", () => {
  for (const { query, namespace, abandonTimeoutMs } of upgradeCases) {
    it(`of ?${query} is one to ${namespace} for ${abandonTimeoutMs} ms`, () => {
      const world = createWorld();
      world.connect(query).send(lock("write a"));
      const [open, acquire] = world.asked;
      assert(open?.type === "open_session" && open.life.type === "connection");
      assert(acquire?.type === "acquire");
      assert.equal(open.life.graceMs, abandonTimeoutMs);
      assert.equal(acquire.namespace, namespace);
    });
  }

  it("of another path is an ordinary request", () => {
    const { locktopus } = createWorld();
    const upgrade = locktopus.upgrade(request("/", handshakeHeaders));
    assert.deepEqual(upgrade, locktopus.http(request("/")));
  });
});

describe("a page", () => {
  for (const httpCase of pageCases) {
    it(`${httpCase.see}: ${httpCase.rule}`, () => {
      assertResponse(createWorld().locktopus.http(requestOf(httpCase)), httpCase.expect);
    });
  }
});

describe("statistics", () => {
  const fresh = {
    LastGroupID: 0,
    GroupsPending: 0,
    GroupsAcquired: 0,
    LocksPending: 0,
    LocksAcquired: 0,
    LockrefCount: 0,
    TokensTotal: 1,
    TokensUnique: 1,
    PathCount: 0,
  };

  it("are there from the upgrade on, before the first lock", () => {
    const world = createWorld();
    world.connect("namespace=n");
    assert.deepEqual(statisticsOf(world, "n"), fresh);
  });

  it("are gone when the last connection to an unused namespace is gone", () => {
    const world = createWorld();
    const [first, second] = [world.connect("namespace=n"), world.connect("namespace=n")];
    first.leave();
    assert.deepEqual(statisticsOf(world, "n"), fresh);
    second.leave();
    assert.equal(world.locktopus.http(request("/stats_v1?namespace=n")).status, 404);
  });

  it("count requests, resources and segments of one namespace", () => {
    const world = createWorld();
    world.connect("namespace=n").send(lock("write a/b/a", "read c", "read c"));
    world.connect("namespace=n").send(lock("write a/b"));
    world.connect("namespace=m").send(lock("write x"));
    world.commit();
    assert.deepEqual(statisticsOf(world, "n"), {
      LastGroupID: 2,
      GroupsPending: 1,
      GroupsAcquired: 1,
      LocksPending: 1,
      LocksAcquired: 2,
      LockrefCount: 9,
      TokensTotal: 7,
      TokensUnique: 4,
      PathCount: 4,
    });
  });

  it("are made at most once a second, for a client that asks without a pause", () => {
    const world = createWorld();
    const peer = world.connect("namespace=n");
    peer.send(lock("write a"));
    world.commit();
    for (let count = 0; count < burst; count += 1) statisticsOf(world, "n");
    const before = statisticsOf(world, "n");
    peer.send(release);
    world.commit();
    world.pass(999);
    assert.deepEqual(statisticsOf(world, "n"), before);
    world.pass(1);
    assert.deepEqual(statisticsOf(world, "n"), { ...fresh, LastGroupID: 1 });
  });

  it("count every path as a different segment in a namespace of more than 4000 paths", () => {
    const world = createWorld();
    const paths = (first: number, count: number) =>
      Array.from({ length: count }, (_, place) => `write ${first + place}/same`);
    for (let first = 0; first < 2000; first += 1000) {
      world.connect("namespace=n").send(lock(...paths(first, 1000)));
    }
    world.commit();
    assert.deepEqual(uniqueOf(world), { PathCount: 4000, TokensUnique: 2002 });
    world.connect("namespace=n").send(lock("write one-more"));
    world.pass(1000);
    assert.deepEqual(uniqueOf(world), { PathCount: 4001, TokensUnique: 4002 });
  });

  it("walk at most 20,000 paths of all namespaces together within a second", () => {
    const world = createWorld();
    const paths = Array.from({ length: 999 }, (_, place) => `write ${place}/a/b/c`);
    const names = ["m", "n", "o", "p", "q", "r"];
    for (const name of names) {
      world.connect(`namespace=${name}`).send(lock(...paths.slice(0, 500)));
      world.connect(`namespace=${name}`).send(lock(...paths.slice(500)));
    }
    world.commit();
    const unique = names.map((name) => uniqueOf(world, name).TokensUnique);
    assert.deepEqual(unique, [1003, 1003, 1003, 1003, 1003, 3997]);
    world.pass(1000);
    assert.equal(uniqueOf(world, "r").TokensUnique, 1003);
  });

  it("are the same at both paths, as JSON which nobody keeps", () => {
    const world = createWorld();
    world.connect("namespace=a+b");
    const response = world.locktopus.http(request("/stats_v1?namespace=a%20b"));
    assert.deepEqual(world.locktopus.http(request("/stats?namespace=a%20b")), response);
    assert.equal(response.headers["Content-Type"], "application/json; charset=utf-8");
    assert.equal(response.headers["Cache-Control"], "no-store");
  });
});

describe("the status page", () => {
  it("is text which names server, parameters and the namespaces of edge and core, once", () => {
    const world = createWorld();
    world.connect("namespace=idle");
    world.connect("namespace=used").send(lock("write a"));
    world.commit();
    const { status, headers, body } = world.locktopus.http(request("/"));
    assert.equal(status, 200);
    assert.equal(headers["Content-Type"], "text/plain; charset=utf-8");
    assert.equal(headers["X-Content-Type-Options"], "nosniff");
    assert.match(body, /^Holdfast\n/);
    assert.match(body, /\n {2}port: 9009\n {2}default abandon timeout, ms: 60000\n/);
    assert.match(body, /\nOpen namespaces:\n {2}idle\n {2}used\n$/);
  });

  it("is made at most once a second, for a client that asks without a pause", () => {
    const world = createWorld();
    for (let count = 0; count < burst; count += 1) world.locktopus.http(request("/"));
    const { body } = world.locktopus.http(request("/"));
    world.connect("namespace=n");
    world.pass(999);
    assert.equal(world.locktopus.http(request("/")).body, body);
    world.pass(1);
    assert.match(world.locktopus.http(request("/")).body, /\nOpen namespaces:\n {2}n\n$/);
  });

  it("lists at most 64 KiB of names", () => {
    const world = createWorld();
    for (let count = 10; count < 50; count++)
      world.connect(`namespace=${count}${"x".repeat(4094)}`);
    assert.match(world.locktopus.http(request("/")).body, /\n {2}25x+\n {2}and 24 more\n$/);
  });

  it("says when there is no namespace", () => {
    const { body } = createWorld().locktopus.http(request("/"));
    assert.match(body, /\nThere are no open namespaces\.\n$/);
  });

  it("shows control characters of a name instead of sending them", () => {
    const world = createWorld();
    world.connect(`namespace=${encodeURIComponent("a\u001b[2J\r\nb\u0085\u202e\\ü")}`);
    const { body } = world.locktopus.http(request("/"));
    assert(body.endsWith("\n  a\\u{1b}[2J\\u{d}\\u{a}b\\u{85}\\u{202e}\\u{5c}ü\n"));
  });

  it("lists a thousand namespaces and counts the others", () => {
    const world = createWorld();
    for (let count = 1; count <= 1002; count++) world.connect(`namespace=${count}`);
    const { body } = world.locktopus.http(request("/"));
    assert(body.endsWith("\n  999\n  1000\n  and 2 more\n"));
  });
});

function requestOf({ target, headers, method }: HttpCase) {
  return request(target, headers, method);
}

function assertResponse(
  response: HttpResponse | (() => MessageConversation),
  { status, body, headers = {} }: ExpectedResponse,
): void {
  assert(typeof response !== "function", "the upgrade was not refused");
  assert.equal(response.status, status);
  assert.equal(response.body, body);
  assert.equal(response.headers["Content-Type"], "text/plain; charset=utf-8");
  for (const [name, value] of Object.entries(headers)) assert.equal(response.headers[name], value);
}

function uniqueOf(world: World, namespace = "n"): Readonly<Record<string, unknown>> {
  const { PathCount, TokensUnique } = statisticsOf(world, namespace) as Record<string, unknown>;
  return { PathCount, TokensUnique };
}

function statisticsOf({ locktopus }: World, namespace: string): unknown {
  const response = locktopus.http(request(`/stats_v1?namespace=${namespace}`));
  assert.equal(response.status, 200);
  return JSON.parse(response.body);
}
