import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../../testing/load-config.ts";
import { adminSocketPath } from "./admin-socket.ts";

const cases: readonly (readonly [Readonly<Record<string, string>>, string | undefined])[] = [
  [{}, "holdfast-data/admin.sock"],
  [{ "--data": "/var/lib/holdfast" }, "/var/lib/holdfast/admin.sock"],
  [{ "--data": "memory" }, undefined],
  [{ "--admin-socket": "/run/holdfast.sock" }, "/run/holdfast.sock"],
  [{ "--data": "memory", "--admin-socket": "a.sock" }, "a.sock"],
  [{ "--admin-socket": "off" }, undefined],
];

for (const [flags, path] of cases) {
  test(`with ${JSON.stringify(flags)} the socket for operators is ${path ?? "nowhere"}`, () => {
    assert.equal(adminSocketPath(load({ flags }).config), path);
  });
}

test("an empty path is refused", () => {
  assert.throws(() => load({ flags: { "--admin-socket": "" } }), /adminSocket cannot be ""/);
});
