import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accessCases, listedOrigin } from "./access.cases.ts";
import { call, failed, methods, ok } from "./case.ts";
import { assertResponse } from "./heard.ts";
import { type HttpCase, httpCases } from "./http.cases.ts";
import { createWorld, requestOf, type World } from "./world.ts";

function worldOf({ server }: HttpCase): World {
  return createWorld({
    isGuarded: server === "guarded",
    allowedOrigins: server === "listing" ? [listedOrigin] : [],
  });
}

describe("a request", () => {
  for (const row of [...httpCases, ...accessCases]) {
    it(`${row.see}: ${row.rule}`, () => {
      assertResponse(worldOf(row).http(requestOf(row.ask)), row.expect);
    });
  }

  for (const target of [
    "/",
    "/xyz/v1/mutexes/is-locked",
    "/apix/healthcheck",
    "/API/healthcheck",
  ]) {
    it(`3: to ${target}, which only its own port hands over, is for no method`, () => {
      const unknown = { status: 404, body: failed(undefined, -32809) };
      for (const body of ['["m"]', call(undefined, methods.isLocked, "m")]) {
        assertResponse(createWorld().http(requestOf({ target, body })), unknown);
      }
      assertResponse(createWorld().http(requestOf({ method: "GET", target })), unknown);
    });
  }

  it("3: is answered with what the log has told by then", () => {
    const world = createWorld();
    const look = { target: `/api${methods.isLocked}`, body: '["m"]' };
    world.connect().send(`{"id":1,"method":"${methods.lock}","params":["m"]}`);
    assertResponse(world.http(requestOf(look)), { status: 200, body: ok(undefined, false) });
    world.commit();
    assertResponse(world.http(requestOf(look)), { status: 200, body: ok(undefined, true) });
  });

  it("7: with a token is answered until the token is revoked", () => {
    const world = createWorld({ isGuarded: true });
    const token = world.createToken();
    const ask = (authorization: string) =>
      world.http(
        requestOf({
          target: `/api${methods.isLocked}`,
          body: '["m"]',
          headers: { authorization },
        }),
      );
    const free = { status: 200, body: ok(undefined, false) };
    for (const words of ["Bearer ", "bearer   ", "BEARER\t", ""]) {
      assertResponse(ask(words + token.text), free);
    }
    const refused = { status: 401, body: failed(undefined, -32812) };
    assertResponse(ask(`Bearer ${token.text}x`), refused);
    token.revoke();
    assertResponse(ask(`Bearer ${token.text}`), refused);
  });
});

describe("an upgrade", () => {
  for (const target of ["/api", "/api/", "/api?locale=en", "/api/?x"]) {
    it(`1: of ${target} is accepted`, () => {
      const judged = createWorld().upgrade(requestOf({ method: "GET", target }));
      assert.equal(typeof judged, "function");
    });
  }

  for (const target of ["/api/v1", "/api//", "/api/v1/mutexes/lock"]) {
    it(`1: of ${target} is refused`, () => {
      const judged = createWorld().upgrade(requestOf({ method: "GET", target }));
      assert.ok(typeof judged !== "function");
      assertResponse(judged, { status: 404, body: failed(undefined, -32809) });
    });
  }
});
