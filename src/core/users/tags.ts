/**
 * Tags: what a user may do, and whatever else services want to know of it. docs/protocols/nexus.md, section 7, says how
 * prefixes, templates and permissions work.
 */

import type { JsonText, UserName } from "../ids.ts";
import { membersOf, stringIn } from "../json-members.ts";
import type { TagList } from "./commands.ts";
import { withoutFinalDots } from "./names.ts";
import type { Tags, User, Users } from "./state.ts";

/** Tags that hold at a path, by their names. */
export type PathTags = ReadonlyMap<string, JsonText>;

/** The prefix at which tags hold everywhere. */
export const rootPrefix = ".";

export function withTags(tags: Tags, prefix: string, added: TagList): Tags {
  if (added.length === 0) return tags;
  const names = new Map(tags.get(prefix));
  for (const [name, value] of added) names.set(name, mergedJson(names.get(name), value));
  return new Map(tags).set(prefix, names);
}

/** A prefix without tags is gone. */
export function withoutTags(tags: Tags, prefix: string, removed: readonly string[]): Tags {
  const names = new Map(tags.get(prefix));
  for (const name of removed) names.delete(name);
  const left = new Map(tags);
  if (names.size === 0) left.delete(prefix);
  else left.set(prefix, names);
  return left;
}

/** Two objects become one that has the members of both; any other value takes the place of the old one. */
function mergedJson(old: JsonText | undefined, added: JsonText): JsonText {
  const olds = old === undefined ? undefined : membersOf(old);
  const news = membersOf(added);
  if (olds === undefined || news === undefined) return added;
  const all = new Map(olds);
  for (const [name, value] of news) all.set(name, mergedJson(all.get(name), value));
  const members = Array.from(all, ([name, value]) => `${JSON.stringify(name)}:${value}`);
  return `{${members.join(",")}}` as JsonText;
}

/** Templates of templates that count for one user. */
const templatesMax = 1000;

/**
 * The user's own tags and those of its templates. An own tag comes before that of a template, an earlier template before
 * a later one, and a template before its own templates. Each is looked at once, and names without a user are skipped.
 */
export function tagsWithTemplates({ byName }: Pick<Users, "byName">, user: User): Tags {
  const all = new Map<string, Map<string, JsonText>>();
  const seen = new Set<string>();
  const add = ({ tags, templates }: User): void => {
    for (const [prefix, names] of tags) addMissing(all, prefix, names);
    for (const name of templates) {
      const template = byName.get(name as UserName);
      if (template === undefined || seen.has(name) || seen.size >= templatesMax) continue;
      seen.add(name);
      add(template);
    }
  };
  add(user);
  return all;
}

function addMissing(
  all: Map<string, Map<string, JsonText>>,
  prefix: string,
  names: PathTags,
): void {
  const there = all.get(prefix) ?? new Map<string, JsonText>();
  all.set(prefix, there);
  for (const [name, value] of names) if (!there.has(name)) there.set(name, value);
}

/**
 * The tags that hold at the path. A shorter prefix comes before a longer one, so that a tag on a part of the tree cannot
 * take back what holds for more of it, and the root comes before all.
 */
export function tagsAt(tags: Tags, path: string): PathTags {
  const found = new Map<string, JsonText>();
  for (const prefix of prefixesOf(path, tags)) {
    for (const [name, value] of tags.get(prefix) ?? []) found.set(name, value);
  }
  return found;
}

/** The one of that name among them. */
export function tagAt(tags: Tags, path: string, name: string): JsonText | undefined {
  return lastAt(tags, prefixesOf(path, tags), name);
}

function lastAt(tags: Tags, prefixes: readonly string[], name: string): JsonText | undefined {
  const prefix = prefixes.findLast((each) => tags.get(each)?.has(name));
  return prefix === undefined ? undefined : tags.get(prefix)?.get(name);
}

/** The path itself and all that it begins with, the longest first, then the root; none that is too long to have tags. */
function prefixesOf(path: string, tags: Tags): readonly string[] {
  const name = withoutFinalDots(path);
  // To look up each prefix of a long path would take a time that grows with the square of its length.
  let longest = 0;
  for (const prefix of tags.keys()) longest = Math.max(longest, prefix.length);
  const prefixes: string[] = [];
  let end = name.length <= longest ? name.length : name.lastIndexOf(".", longest);
  while (end >= 0) {
    prefixes.push(name.slice(0, end));
    end = end === 0 ? -1 : name.lastIndexOf(".", end - 1);
  }
  prefixes.push(rootPrefix);
  return prefixes;
}

/** Whether the tags allow the method at the path, by a tag `@method` or by `@admin`. */
export function allows(tags: Tags, method: string, path: string): boolean {
  const prefixes = prefixesOf(path, tags);
  return ["@admin", `@${method}`].some((name) => isTrue(lastAt(tags, prefixes, name)));
}

/** Whether a tag holds: `true`, a number other than 0, or a string with such a number, written without sign or point. */
export function isTrue(value: JsonText | undefined): boolean {
  if (value === undefined) return false;
  const text = stringIn(value);
  if (text !== undefined) return /^(0x[\da-f]+|\d+)$/i.test(text) && Number(text) !== 0;
  return value === "true" || (/^[-\d]/.test(value) && Number(value) !== 0);
}
