import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../../../testing/loopback.ts";
import { createLogins, type LoginJudgement } from "./logins.ts";

/** Passwords that are their own records. */
function stage(known: readonly string[] = []) {
  const clock = createFakeClock();
  const passwords = {
    isRight: async (password: string, record: string | undefined) => password === record,
    isKnown: (password: string, record: string | undefined) =>
      password === record && known.includes(password),
  };
  const noted: string[] = [];
  const refusals = { note: ({ reason }: { reason: string }) => void noted.push(reason) };
  const logins = createLogins({ passwords, clock, refusals });
  const judge = (password: string, user = "amy", address = "192.0.2.1") =>
    logins.judge({ api: "nexus", user, password, record: "right", address });
  async function guess(count: number, user?: string, address?: string): Promise<void> {
    for (let each = 0; each < count; each += 1) await judge("wrong", user, address);
  }
  return { clock, noted, judge, guess };
}

async function isPending(judgement: Promise<LoginJudgement>): Promise<boolean> {
  const turn = new Promise<"turn">((resolve) => setImmediate(resolve, "turn"));
  return (await Promise.race([judgement, turn])) === "turn";
}

test("a password is right or wrong", async () => {
  const { judge, noted } = stage();
  assert.equal(await judge("right"), "right");
  assert.equal(await judge("wrong"), "wrong");
  assert.deepEqual(noted, ["wrong"]);
});

test("many wrong guesses slow down those of the address, and those for the user", async () => {
  const { clock, judge, guess } = stage();
  await guess(101);
  const sameAddress = judge("right", "bob");
  const sameUser = judge("right", "amy", "192.0.2.2");
  const other = judge("right", "bob", "192.0.2.2");
  assert.equal(await other, "right");
  assert.ok(await isPending(sameAddress));
  assert.ok(await isPending(sameUser));
  clock.advance(250);
  assert.deepEqual(await Promise.all([sameAddress, sameUser]), ["right", "right"]);
});

test("so many attempts of an address wait, and more are refused", async () => {
  const { clock, noted, judge, guess } = stage();
  await guess(101);
  const waiting = Array.from({ length: 8 }, () => judge("right"));
  assert.equal(await judge("right"), "too_many_guesses");
  assert.equal(noted.at(-1), "too_many_guesses");
  clock.advance(250);
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(["right"]));
  assert.equal(await judge("right"), "right");
});

test("a password that was right a while ago does not wait for the guesses of others", async () => {
  const { judge, guess } = stage(["right"]);
  await guess(101);
  assert.equal(await judge("right"), "right");
});
