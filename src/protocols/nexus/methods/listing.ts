/** Methods that list or count things by their names; docs/protocols/nexus.md, section 10. */
import type { JsonText } from "../../../core/ids.ts";
import { type Doing, failure, job, result } from "../doing.ts";
import { arrayOf, jsonOf } from "../encode.ts";
import type { Steps } from "../options.ts";
import type { Params } from "../params.ts";
import {
  countsBelow,
  pageOf,
  prefixIn,
  type Selection,
  selectionIn,
  selects,
} from "../selection.ts";
import type { NexusTalk } from "../talk.ts";
import { denied, may } from "./reading.ts";

export interface Listed<Thing> {
  /** All of them, in any order; what takes long works in steps. */
  things(talk: NexusTalk): readonly Thing[] | Steps<readonly Thing[]>;
  nameOf(thing: Thing): string;
  /** One of the list, as an answer shows it. */
  shown(talk: NexusTalk, thing: Thing): JsonText;
}

/** Lists the things that the parameters select, sorted by name. */
export function list<Thing>(listed: Listed<Thing>, method: string) {
  return (talk: NexusTalk, params: Params): Doing =>
    looking(talk, params, { method, listed }, (things, selection) =>
      arrayInSteps(pageOf(selection, things), (thing) => listed.shown(talk, thing)),
    );
}

/** Things that one step shows, within a few ms. */
const shownMax = 500;

export function* arrayInSteps<Thing>(
  things: readonly Thing[],
  shown: (thing: Thing) => JsonText,
): Steps<JsonText> {
  const texts: JsonText[] = [];
  for (const thing of things) {
    texts.push(shown(thing));
    if (texts.length % shownMax === 0) yield;
  }
  return arrayOf(texts);
}

/** Counts them, or with `subprefixes` those behind each label. */
export function count<Thing>(listed: Listed<Thing>, method: string) {
  return (talk: NexusTalk, params: Params): Doing =>
    looking(talk, params, { method, listed }, (things, selection) => {
      const names = things.map(listed.nameOf);
      return jsonOf(
        selection.hasSubprefixes ? countsBelow(selection, names) : { count: names.length },
      );
    });
}

/** Looks for the things that the peer may see and the parameters select, and shows them. */
export function looking<Thing>(
  talk: NexusTalk,
  params: Params,
  { method, listed }: { readonly method: string; readonly listed: Listed<Thing> },
  show: Show<Thing>,
): Doing {
  if (!may(talk, method, prefixIn(params))) return denied;
  const selection = selectionIn(params);
  if ("name" in selection) return failure(selection);
  const work = talk.options.inSteps(look(talk, listed, { selection, show }));
  return job(() => work, result);
}

type Show<Thing> = (things: readonly Thing[], selection: Selection) => JsonText | Steps<JsonText>;

function* look<Thing>(
  talk: NexusTalk,
  listed: Listed<Thing>,
  { selection, show }: { readonly selection: Selection; readonly show: Show<Thing> },
): Steps<JsonText> {
  const shown = show(yield* selected(talk, listed, selection), selection);
  return typeof shown === "string" ? shown : yield* shown;
}

/** Things that one step looks at, and characters of names that it holds against a filter, within a few ms. */
const workMax = 10_000;

function* selected<Thing>(
  talk: NexusTalk,
  { things, nameOf }: Listed<Thing>,
  selection: Selection,
): Steps<readonly Thing[]> {
  const found: (readonly [name: string, thing: Thing])[] = [];
  let work = 0;
  const all = things(talk);
  for (const thing of "next" in all ? yield* all : all) {
    const name = nameOf(thing);
    if (selects(selection, name)) found.push([name, thing]);
    work += selection.filter === undefined ? 1 : 1 + name.length;
    if (work < workMax) continue;
    work = 0;
    yield;
  }
  found.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return found.map(([, thing]) => thing);
}
