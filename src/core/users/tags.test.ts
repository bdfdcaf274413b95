import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonText, LogIndex, TimeMs, UserName } from "../ids.ts";
import type { Tags, User } from "./state.ts";
import { allows, isTrue, tagsAt, tagsWithTemplates, withoutTags, withTags } from "./tags.ts";

type Written = Readonly<Record<string, Readonly<Record<string, string>>>>;

function tagsOf(written: Written): Tags {
  let tags: Tags = new Map();
  for (const [prefix, names] of Object.entries(written)) {
    tags = withTags(tags, prefix, Object.entries(names) as [string, JsonText][]);
  }
  return tags;
}

function writtenOf(tags: Tags): Written {
  return Object.fromEntries(Array.from(tags, ([at, names]) => [at, Object.fromEntries(names)]));
}

test("of the tags at a path a shorter prefix counts, and the root before all", () => {
  const tags = tagsOf({ a: { x: "1" }, "a.b": { x: "2", y: "3" }, ".": { z: "0" } });
  const at = (path: string) => Object.fromEntries(tagsAt(tags, path));
  assert.deepEqual(at("a.b.c"), { x: "1", y: "3", z: "0" });
  assert.deepEqual(at("a"), { x: "1", z: "0" });
  assert.deepEqual(at("a..."), { x: "1", z: "0" });
  assert.deepEqual(at("ab"), { z: "0" });
  assert.deepEqual(at(""), { z: "0" });
  assert.deepEqual(at("."), { z: "0" });
  const everywhere = tagsOf({ a: { x: "1" }, "a.b": { x: "2" }, ".": { x: "0" } });
  assert.deepEqual(Object.fromEntries(tagsAt(everywhere, "a.b.c")), { x: "0" });
});

test("a tag of the method allows it, and so does @admin", () => {
  const tags = tagsOf({
    a: { "@sync.lock": "true" },
    b: { "@admin": "1" },
    c: { "@sync.lock": "0" },
  });
  const allowed = ["a.x", "b", "c", "d"].filter((path) => allows(tags, "sync.lock", path));
  assert.deepEqual(allowed, ["a.x", "b"]);
});

test("a tag that is false at the root takes back all that holds below", () => {
  const tags = tagsOf({ a: { "@admin": "true" }, ".": { "@admin": "false" } });
  assert.equal(allows(tags, "sync.lock", "a"), false);
});

test("what counts as true", () => {
  const values = ["true", "1", "-1", "0.5", "1e300", '"1"', '"0x1F"', '"007"'];
  const others = [
    "false",
    "0",
    "-0",
    "0.0",
    '"0"',
    '"true"',
    '"-1"',
    '"1.5"',
    '""',
    "null",
    "[1]",
    "{}",
  ];
  assert.deepEqual(
    [...values, ...others].filter((value) => isTrue(value as JsonText)),
    values,
  );
  assert.equal(isTrue(undefined), false);
});

test("objects are merged however deep, and other values are replaced", () => {
  const tags = tagsOf({ a: { x: '{"a":{"b":1.0},"c":[1]}', y: "1" } });
  const added: [string, JsonText][] = [
    ["x", '{"a":{"d":9223372036854775808},"c":[2]}' as JsonText],
    ["y", '{"z":1}' as JsonText],
  ];
  assert.deepEqual(writtenOf(withTags(tags, "a", added)), {
    a: { x: '{"a":{"b":1.0,"d":9223372036854775808},"c":[2]}', y: '{"z":1}' },
  });
});

test("no tags at all leave everything as it is", () => {
  assert.deepEqual(writtenOf(withTags(new Map(), "a", [])), {});
});

test("the last tag at a prefix takes the prefix with it", () => {
  const tags = tagsOf({ a: { x: "1", y: "2" }, b: { x: "1" } });
  assert.deepEqual(writtenOf(withoutTags(tags, "a", ["x", "no"])), {
    a: { y: "2" },
    b: { x: "1" },
  });
  assert.deepEqual(writtenOf(withoutTags(tags, "a", ["x", "y"])), { b: { x: "1" } });
  assert.deepEqual(writtenOf(withoutTags(tags, "no", ["x"])), writtenOf(tags));
});

function users(
  written: Readonly<Record<string, readonly [tags: Written, ...templates: string[]]>>,
) {
  const all = Object.entries(written).map(([name, [tags, ...templates]]): User => {
    return {
      account: 1 as LogIndex,
      name: name as UserName,
      password: "",
      tags: tagsOf(tags),
      templates,
      whitelist: [],
      blacklist: [],
      sessionsMax: 0,
      isDisabled: false,
      createdAt: 0 as TimeMs,
    };
  });
  return new Map(all.map((user) => [user.name, user]));
}

test("an own tag counts before that of a template, and an earlier template before a later one", () => {
  const byName = users({
    amy: [{ a: { x: "1" } }, "staff", "nobody", "other"],
    staff: [{ a: { x: "2", y: "2" }, b: { x: "2" } }, "nested"],
    nested: [{ a: { z: "3" }, c: { x: "3" } }, "amy", "staff"],
    other: [{ a: { y: "4", z: "4", v: "4" } }],
  });
  const amy = byName.get("amy" as UserName) as User;
  assert.deepEqual(writtenOf(tagsWithTemplates({ byName }, amy)), {
    a: { x: "1", y: "2", z: "3", v: "4" },
    b: { x: "2" },
    c: { x: "3" },
  });
});

test("templates in a circle, and thousands of them, come to an end", () => {
  const chain = Array.from({ length: 3000 }, (_, place) => {
    return [`u${place}`, [{ a: { [`t${place}`]: "1" } }, `u${(place + 1) % 3000}`]] as const;
  });
  const byName = users(Object.fromEntries(chain));
  const first = byName.get("u0" as UserName) as User;
  assert.equal(tagsWithTemplates({ byName }, first).get("a")?.size, 1001);
});
