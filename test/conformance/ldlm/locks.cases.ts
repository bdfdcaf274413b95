import { alive, type Case, locked, opening, post, type Story, utf8 } from "./case.ts";

const name = "My lock";

/** A call in `<session-a>`; the fields in their order, `undefined` ones left out. */
function call(path: string, fields: object): string {
  return post(path, utf8(JSON.stringify(fields)));
}

function lock(fields: object): string {
  return call("/v1/lock", { name, ...fields });
}

function answer(fields: object): Case["expect"] {
  return alive(200, JSON.stringify(fields));
}

function taken(key: string, lease = false): Case["expect"] {
  return locked({ name, key }, { lease });
}

const granted = taken("<uuid>");
const held = answer({ locked: false, name, key: "<uuid>" });

const sizeMismatch = { code: "LockSizeMismatch", message: "lock size mismatch" };
const invalidSize = { code: "InvalidLockSize", message: "lock size must be greater than 0" };
const invalidKey = { code: "InvalidLockKey", message: "invalid lock key" };
const doesNotExist = { code: "LockDoesNotExist", message: "a lock by that name does not exist" };
const nameEmpty = { code: "Unknown", message: "lock name cannot be empty" };
const timeoutTooShort = { code: "Unknown", message: "lock timeout must be greater than 0" };
const notRenewable = {
  code: "LockDoesNotExistOrInvalidKey",
  message: "lock does not exist or invalid key",
};

function takes(key: string, fields: object = {}): Case {
  return {
    see: "4.1",
    that: `the lock is taken with ${JSON.stringify(fields)}`,
    send: lock(fields),
    expect: taken(key, "lock_timeout_seconds" in fields),
  };
}

const taking: readonly Case[] = [
  opening,
  {
    see: "4.1",
    that: "a free lock is taken, with a key",
    send: lock({ lock_timeout_seconds: 120 }),
    expect: taken("<uuid-1>", true),
  },
  {
    see: "3",
    that: "a held lock is not taken, without an error and without waiting, even by its holder",
    send: lock({ wait_timeout_seconds: 5 }),
    expect: answer({ locked: false, name, key: "<uuid-2>" }),
  },
  {
    see: "2",
    that: "the key of what was not taken means nothing",
    send: call("/v1/unlock", { name, key: "<uuid-2>" }),
    expect: answer({ unlocked: false, name, error: invalidKey }),
  },
  {
    see: "4.1",
    that: "another session is opened",
    send: opening.send,
    expect: alive(201, '{"session_id": "<session-b>"}', "<session-b>"),
  },
  {
    see: "3",
    that: "name and key are proof enough for another session",
    send: call("/v1/unlock", { name, key: "<uuid-1>" }).replace("<session-a>", "<session-b>"),
    expect: alive(200, JSON.stringify({ unlocked: true, name }), "<session-b>"),
  },
  {
    see: "2",
    that: "a second unlock has no valid key any more",
    send: call("/v1/unlock", { name, key: "<uuid-1>" }),
    expect: answer({ unlocked: false, name, error: invalidKey }),
  },
  {
    see: "2",
    that: "an unlock without a key has no valid key",
    send: call("/v1/unlock", { name }),
    expect: answer({ unlocked: false, name, error: invalidKey }),
  },
  {
    see: "2",
    that: "an unknown name cannot be unlocked",
    send: call("/v1/unlock", { name: "other", key: "<uuid-1>" }),
    expect: answer({ unlocked: false, name: "other", error: doesNotExist }),
  },
  {
    see: "2",
    that: "the empty name cannot be unlocked",
    send: call("/v1/unlock", {}),
    expect: answer({ unlocked: false, name: "", error: doesNotExist }),
  },
  { see: "4.1", that: "what was given back can be taken", send: lock({}), expect: granted },
];

const sizes: readonly Case[] = [
  opening,
  takes("<uuid-1>", { size: 2 }),
  takes("<uuid-2>", { size: 2 }),
  { see: "3", that: "a third does not fit", send: lock({ size: 2 }), expect: held },
  {
    see: "3",
    that: "another size does not match",
    send: lock({ size: 20, lock_timeout_seconds: 120 }),
    expect: answer({ locked: false, name, key: "<uuid>", error: sizeMismatch }),
  },
  {
    see: "3",
    that: "an absent size is 1, and does not match 2",
    send: lock({}),
    expect: answer({ locked: false, name, key: "<uuid>", error: sizeMismatch }),
  },
  {
    see: "3",
    that: "each holder gives back with its own key",
    send: call("/v1/unlock", { name, key: "<uuid-1>" }),
    expect: answer({ unlocked: true, name }),
  },
  {
    see: "3",
    that: "the other one, too",
    send: call("/v1/unlock", { name, key: "<uuid-2>" }),
    expect: answer({ unlocked: true, name }),
  },
  {
    see: "3",
    that: "the size stays while nobody holds the lock",
    send: lock({ size: 3 }),
    expect: answer({ locked: false, name, key: "<uuid>", error: sizeMismatch }),
  },
  ...[0, -1, -2147483648].map(
    (size): Case => ({
      see: "3",
      that: `there is no lock of size ${size}`,
      send: lock({ size }),
      expect: answer({ locked: false, name, key: "<uuid>", error: invalidSize }),
    }),
  ),
  {
    see: "3",
    that: "the largest size is 2147483647",
    send: call("/v1/lock", { name: "large", size: 2147483647 }),
    expect: locked({ name: "large", key: "<uuid>" }),
  },
  {
    see: "4.3",
    that: "a larger one is no size at all",
    send: call("/v1/lock", { name: "large", size: 2147483648 }),
    expect: alive(400, '{"code":3,"message":"invalid value for int32 field size","details":[]}'),
  },
];

const names: readonly Case[] = [
  opening,
  {
    see: "2",
    that: "the empty name cannot be locked",
    send: call("/v1/lock", { size: 0 }),
    expect: answer({ locked: false, name: "", key: "<uuid>", error: nameEmpty }),
  },
  {
    see: "3",
    that: "a negative lock timeout is refused before all else, and without a key",
    send: call("/v1/lock", { name: "", size: 0, lock_timeout_seconds: -1 }),
    expect: answer({ locked: false, name: "", key: "", error: timeoutTooShort }),
  },
  ...["__proto__", "constructor", "a b\n\u0000", "ключ 🔑", "<b>", "x".repeat(1024)].map(
    (strange): Case => ({
      see: "3",
      that: `${JSON.stringify(strange).slice(0, 30)} is a name like any other`,
      send: call("/v1/lock", { name: strange }),
      expect: locked({ name: strange, key: "<uuid>" }),
    }),
  ),
  {
    see: "3",
    that: "a name of more than 1024 bytes is beyond the limit",
    send: call("/v1/lock", { name: "x".repeat(1025) }),
    expect: answer({
      locked: false,
      name: "x".repeat(1025),
      key: "<uuid>",
      error: { code: "Unknown", message: "a name has at most 1024 bytes" },
    }),
  },
];

function renews(that: string, fields: object, expect: Case["expect"], afterMs = 0): Case {
  const send = call("/v1/renew", { name, ...fields });
  return { see: "3", that, afterMs, send, expect };
}

const leases: readonly Case[] = [
  opening,
  takes("<uuid-1>", { lock_timeout_seconds: 10 }),
  renews(
    "a lease starts anew when it is renewed, here longer than before",
    { key: "<uuid-1>", lock_timeout_seconds: 20 },
    taken("<uuid-1>", true),
    9_999,
  ),
  { see: "3", that: "and holds for that long", afterMs: 19_999, send: lock({}), expect: held },
  renews("and here shorter", { key: "<uuid-1>", lock_timeout_seconds: 1 }, taken("<uuid-1>", true)),
  {
    see: "3",
    that: "a lease that ran out gives the lock back",
    afterMs: 1_001,
    send: lock({}),
    expect: taken("<uuid-2>"),
  },
  renews(
    "what ran out cannot be renewed",
    { key: "<uuid-1>", lock_timeout_seconds: 20 },
    answer({ locked: false, name, key: "<uuid-1>", error: notRenewable }),
  ),
  {
    see: "2",
    that: "what ran out cannot be unlocked",
    send: call("/v1/unlock", { name, key: "<uuid-1>" }),
    expect: answer({ unlocked: false, name, error: invalidKey }),
  },
  renews(
    "what has no lease cannot be renewed",
    { key: "<uuid-2>", lock_timeout_seconds: 20 },
    answer({ locked: false, name, key: "<uuid-2>", error: notRenewable }),
  ),
  renews(
    "a wrong key cannot renew, and is echoed",
    { key: "nonsense", lock_timeout_seconds: 20 },
    answer({ locked: false, name, key: "nonsense", error: notRenewable }),
  ),
  renews(
    "an unknown name cannot be renewed",
    { name: "other", key: "<uuid-2>", lock_timeout_seconds: 20 },
    answer({ locked: false, name: "other", key: "<uuid-2>", error: notRenewable }),
  ),
  ...[0, -1, undefined].map((seconds) =>
    renews(
      `a lease of ${seconds} seconds is none`,
      { key: "<uuid-2>", lock_timeout_seconds: seconds },
      answer({ locked: false, name, key: "", error: timeoutTooShort }),
    ),
  ),
  {
    see: "3",
    that: "a lock timeout of 0 is no lease",
    send: call("/v1/lock", { name: "for ever", lock_timeout_seconds: 0 }),
    expect: locked({ name: "for ever", key: "<uuid-3>" }),
  },
  {
    see: "3",
    that: "a lease may last 68 years",
    send: call("/v1/lock", { name: "long", lock_timeout_seconds: 2147483647 }),
    expect: locked({ name: "long", key: "<uuid-4>" }, { lease: true }),
  },
  {
    see: "3",
    that: "neither is over after half an idle time",
    afterMs: 300_000,
    send: call("/v1/unlock", { name: "for ever", key: "<uuid-3>" }),
    expect: answer({ unlocked: true, name: "for ever" }),
  },
  {
    see: "3",
    that: "nor the long one",
    send: call("/v1/unlock", { name: "long", key: "<uuid-4>" }),
    expect: answer({ unlocked: true, name: "long" }),
  },
];

export const lockStories: readonly Story[] = [
  { title: "lock and unlock", settings: {}, cases: taking },
  { title: "sizes", settings: {}, cases: sizes },
  { title: "names", settings: {}, cases: names },
  { title: "leases", settings: {}, cases: leases },
];
