import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pino } from "pino";
import { createFakeClock } from "../../../testing/loopback.ts";
import type { ApiTokenId } from "../../core/ids.ts";
import { type Credentials, type Judgement, noCredentials } from "../../protocols/identity.ts";
import { createCredentialRefusals } from "./credential-refusals.ts";
import { guessLimitsDefault } from "./guesses.ts";
import { createGatekeeper } from "./identity.ts";

const secret = "correct horse";
const address = "192.0.2.1";

function stage() {
  const clock = createFakeClock();
  const tokens = new Map([["text", { token: "t1" as ApiTokenId, name: "ci" }]]);
  const lines: string[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const refusals = createCredentialRefusals({ clock, logger });
  const gatekeeper = createGatekeeper({
    clock,
    apiTokens: {
      judge: (text) => tokens.get(text),
      isValid: () => tokens.size > 0,
    },
    refusals,
  });
  const guarded = gatekeeper.identityFor("ldlm", { type: "password", password: secret });
  const asking = gatekeeper.identityFor("softvisio", { type: "api_token" });
  const open = gatekeeper.identityFor("locktopus", undefined);

  /** Guesses wrong as often as costs nothing, and once more. */
  async function exhaust(): Promise<void> {
    for (let count = 0; count <= guessLimitsDefault.freeMax; count += 1) {
      await guarded.authenticate(password(`wrong ${count}`), address);
    }
  }
  return { clock, tokens, lines, refusals, guarded, asking, open, exhaust };
}

function password(text: string): Credentials {
  return { type: "password", password: Buffer.from(text) };
}

const bearer: Judgement = {
  type: "admitted",
  principal: { type: "api_token", id: "t1" as ApiTokenId, name: "ci" },
};
const confidant: Judgement = { type: "admitted", principal: { type: "confidant" } };
const wrong: Judgement = { type: "refused", reason: "wrong" };

/** Lets everything run that has been promised. */
function promised(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("an identity", () => {
  it("asks for what its API demands", () => {
    const { guarded, asking, open } = stage();
    const token = { type: "token", text: "text" } as const;
    assert.deepEqual(guarded.authenticate(password(secret), address), confidant);
    assert.deepEqual(guarded.authenticate(password("other"), address), wrong);
    assert.deepEqual(guarded.authenticate(token, address), wrong);
    assert.deepEqual(asking.authenticate(token, address), bearer);
    assert.deepEqual(asking.authenticate({ ...token, text: "other" }, address), wrong);
    assert.deepEqual(asking.authenticate(noCredentials, address), {
      type: "refused",
      reason: "missing",
    });
    assert.deepEqual(open.authenticate(noCredentials, address), {
      type: "admitted",
      principal: { type: "nobody" },
    });
    assert.deepEqual(open.authenticate(token, address), bearer);
  });

  it("ends with its token, where tokens are demanded", () => {
    const { tokens, asking, open } = stage();
    assert.ok(bearer.type === "admitted");
    assert.equal(asking.isCurrent(bearer.principal), true);
    tokens.clear();
    assert.equal(asking.isCurrent(bearer.principal), false);
    assert.equal(open.isCurrent(bearer.principal), true);
  });
});

describe("wrong guesses", () => {
  it("are slowed down per address after the first few", async () => {
    const { clock, guarded, exhaust } = stage();
    await exhaust();
    let judgement: Judgement | undefined;
    const judged = Promise.resolve(guarded.authenticate(password(secret), address));
    void judged.then((given) => {
      judgement = given;
    });
    await promised();
    assert.equal(judgement, undefined);
    clock.advance(guessLimitsDefault.waitMsMin);
    await promised();
    assert.deepEqual(judgement, confidant);
  });

  it("do not delay other addresses, nor those without credentials", async () => {
    const { guarded, exhaust } = stage();
    await exhaust();
    assert.deepEqual(guarded.authenticate(password(secret), "192.0.2.2"), confidant);
    assert.ok(!(guarded.authenticate(noCredentials, address) instanceof Promise));
  });

  it("do not delay those that were right before from the same address", async () => {
    const { guarded, exhaust } = stage();
    guarded.authenticate(password(secret), address);
    await exhaust();
    assert.deepEqual(guarded.authenticate(password(secret), address), confidant);
    assert.ok(guarded.authenticate(password("wrong"), address) instanceof Promise);
  });

  it("do not pile up: beyond a line of eight they are refused unjudged", async () => {
    const { clock, guarded, exhaust } = stage();
    await exhaust();
    const line = Array.from({ length: 8 }, () => guarded.authenticate(password("x"), address));
    assert.ok(line.every((judged) => judged instanceof Promise));
    assert.deepEqual(guarded.authenticate(password(secret), address), {
      type: "refused",
      reason: "too_many_guesses",
    });
    for (const judged of line) {
      await promised();
      clock.advance(guessLimitsDefault.waitMsMax);
      assert.deepEqual(await judged, wrong);
    }
    clock.advance(guessLimitsDefault.waitMsMax);
    assert.deepEqual(guarded.authenticate(password(secret), address), confidant);
  });

  it("of one IPv6 network wait in one line", async () => {
    const { guarded } = stage();
    for (let count = 0; count <= guessLimitsDefault.freeMax; count += 1) {
      await guarded.authenticate(password(`wrong ${count}`), "2001:db8::1");
    }
    const line = Array.from({ length: 8 }, (_, host) =>
      guarded.authenticate(password("x"), `2001:db8::a${host}`),
    );
    assert.ok(line.every((judged) => judged instanceof Promise));
    assert.deepEqual(guarded.authenticate(password("x"), "2001:db8::b"), {
      type: "refused",
      reason: "too_many_guesses",
    });
  });

  it("are counted by API and reason, and logged at most once a second", async () => {
    const { lines, refusals, asking, exhaust } = stage();
    await exhaust();
    asking.authenticate(noCredentials, address);
    assert.deepEqual(
      [...refusals.counts()],
      [
        { api: "ldlm", reason: "wrong", count: guessLimitsDefault.freeMax + 1 },
        { api: "softvisio", reason: "missing", count: 1 },
      ],
    );
    const [line, ...others] = lines.map((text) => JSON.parse(text));
    assert.deepEqual([line.api, line.reason, line.remoteAddress], ["ldlm", "wrong", address]);
    assert.equal(others.length, 0);
  });
});
