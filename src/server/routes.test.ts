import assert from "node:assert/strict";
import { test } from "node:test";
import { noUpgrades, type Routes } from "./listen/listener.ts";
import { type RoutedApi, routesOf } from "./routes.ts";

/** An API that owns the path of its name, and on the main port takes what the routes say. */
function api(name: string, routes: Partial<Routes> = {}): RoutedApi {
  const served: Routes = {
    http: () => ({ status: 200, headers: {}, body: name }),
    upgrade: () => noUpgrades,
    ...routes,
  };
  return {
    name,
    listeners: [
      { name: `${name}Own`, key: "listen", speaks: name },
      { name: `${name}Stream`, key: "streamListen", speaks: name, isStreamOnly: true },
    ],
    owns: (path) => path === `/${name}`,
    routes: () => served,
  };
}

const calls = () => assert.fail();
const stream = () => undefined;

test("connections without paths go to the API that takes them", () => {
  const main = routesOf([api("a"), api("b", { calls }), api("c", { stream })], new Map()).get(
    "main",
  );
  assert.equal(main?.calls, calls);
  assert.equal(main?.stream, stream);
});

test("without an API that takes them, the main port has neither streams nor calls", () => {
  const main = routesOf([api("a"), api("b")], new Map()).get("main");
  assert.deepEqual([main?.calls, main?.stream], [undefined, undefined]);
});

test("two APIs that want all streams of the main port, or all calls, keep the server from starting", () => {
  assert.throws(() => routesOf([api("a", { stream }), api("b"), api("c", { stream })], new Map()), {
    message: "a and c take byte streams on the main port; only one API can",
  });
  assert.throws(() => routesOf([api("a", { calls }), api("b", { calls })], new Map()), {
    message: "a and b take gRPC calls on the main port; only one API can",
  });
});

test("the port for operators serves their pages and nothing else, and only the main port besides has them", async () => {
  const page = { status: 200, headers: {}, body: "alive" };
  const routes = routesOf([api("a", { calls, stream })], new Map([["/healthz", () => page]]));
  const operations = routes.get("operations");
  const client = { whenGone() {}, whenSilent() {}, charge() {}, expect() {} };
  const ask = (path: string) => operations?.http({ ...request, path }, client);
  assert.equal(ask("/healthz"), page);
  assert.equal((await ask("/a"))?.status, 404);
  assert.deepEqual(Object.keys(operations ?? {}), ["http", "upgrade"]);
  assert.equal(operations?.upgrade(request), noUpgrades);
  const paths = ["/healthz", "/a", "/other"];
  const main = routes.get("main");
  assert.deepEqual(
    paths.filter((path) => main?.isForOperators?.(path)),
    ["/healthz"],
  );
});

const request = {
  ...{ method: "GET", path: "/", query: "", headers: {}, body: new Uint8Array() },
  ...{ isEncrypted: false, remoteAddress: undefined },
};

test("on its classic ports an API answers by itself, on some of them nothing but streams", () => {
  const routes = routesOf([api("a"), api("b")], new Map());
  assert.deepEqual(
    [...routes.keys()],
    ["main", "operations", "aOwn", "aStream", "bOwn", "bStream"],
  );
  assert.equal(routes.get("bOwn")?.isStreamOnly, false);
  assert.equal(routes.get("bStream")?.isStreamOnly, true);
});
