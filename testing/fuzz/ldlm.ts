import assert from "node:assert/strict";
import { createWorld, type World } from "../../test/conformance/ldlm/world.ts";
import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { damaged } from "../damage.ts";
import { createRandom } from "../history/random.ts";
import { assertUnpolluted } from "./unpolluted.ts";

const requests: readonly [Request, ...Request[]] = [
  {
    path: "/v1/lock",
    body: '{"name":"My lock","size":2,"lockTimeoutSeconds":"1e1","x":[{"y":null}]}',
  },
  {
    path: "/v1/unlock",
    body: '{"name":"My lock","key":"15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5","size":true}',
  },
  {
    path: "/v1/renew",
    body: '{"lock_timeout_seconds":120.0,"key":"15b74bf6\\u002d","name":"\\ud83d\\udd11"}',
  },
];

interface Request {
  readonly path: string;
  readonly body: string;
}

interface Session {
  readonly world: World;
  readonly cookie: string;
}

/** docs/protocols/ldlm.md, section 4: JSON with 200 or 400, whatever the body. */
export const ldlmFuzz: Campaign = campaignBySeed("fuzz-ldlm", (seed, add) => {
  add({ requests: 1 });
  const random = createRandom(seed);
  const { path, body } = random.pick(requests);
  const bytes = damaged(Buffer.from(body), random);
  const { world, cookie } = sessionOf(seed);
  const headers = { host: "localhost", cookie };
  const response = world.send({
    method: "POST",
    path,
    query: "",
    headers,
    body: bytes,
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  });
  const context = `${JSON.stringify(String(bytes))} is answered with ${JSON.stringify(response)}`;
  assert.ok(response.status === 200 || response.status === 400, context);
  assert.equal(typeof JSON.parse(response.body), "object", context);
  assert.ok(response.headers["Set-Cookie"]?.startsWith(cookie), context);
  assertUnpolluted();
});

/** A new one now and then: what a session has taken is not to become a limit. */
const seedsPerSession = 500;
let session: Session | undefined;

function sessionOf(seed: number): Session {
  if (session === undefined || seed % seedsPerSession === 0) session = openSession();
  return session;
}

function openSession(): Session {
  const world = createWorld({});
  const request = {
    method: "POST",
    path: "/session",
    query: "",
    headers: {},
    body: Buffer.of(),
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  };
  const { session_id: secret } = JSON.parse(world.send(request).body);
  return { world, cookie: `ldlm-session=${secret}` };
}
