/** Lists and counts of tasks; docs/protocols/nexus.md, sections 10 and 13. */
import type { JsonText, TimeMs } from "../../../core/ids.ts";
import { stringIn } from "../../../core/json-members.ts";
import {
  countTasks,
  countTasksBelow,
  type ListedTask,
  listTasks,
  type TaskCounts,
  type TaskFilter,
} from "../../../core/tasks/listing.ts";
import { withoutFinalDots } from "../../../core/users/names.ts";
import { type Doing, failure, job, result } from "../doing.ts";
import { arrayOf, jsonOf, objectOf, timeShown } from "../encode.ts";
import { rpcError } from "../errors.ts";
import type { NexusOptions, Steps } from "../options.ts";
import { booleanIn, type Params } from "../params.ts";
import { nullText } from "../request.ts";
import { prefixIn, type Selection, selectionIn } from "../selection.ts";
import type { NexusTalk } from "../talk.ts";
import { denied, may } from "./reading.ts";

/** Tasks of one list, with those that are skipped, and counts of one answer. */
const listedMax = 10_000;

export function listOfTasks(talk: NexusTalk, params: Params): Doing {
  if (!may(talk, "task.list", prefixIn(params))) return denied;
  const selection = selectionIn(params);
  if ("name" in selection) return failure(selection);
  const work = talk.options.inSteps(listed(talk.options, selection));
  return job(() => work, result);
}

function* listed(options: NexusOptions, selection: Selection): Steps<JsonText> {
  const { skip, limit } = selection;
  const filter = { ...filterOf(selection), limit: Math.min(skip + limit, listedMax) };
  const tasks = yield* listTasks(options.state, filter);
  const texts: JsonText[] = [];
  let [length, lengthAtStep] = [0, 0];
  for (const task of tasks.slice(skip)) {
    if (length > answerLengthMax) break;
    const shown = taskShown(options, task);
    texts.push(shown);
    length += shown.length;
    if (length - lengthAtStep < stepLength) continue;
    lengthAtStep = length;
    yield;
  }
  return arrayOf(texts);
}

/** Characters that one step shows, within a few ms. */
const stepLength = 256 * 1024;

/** The list ends behind the task with which it has so many characters. */
const answerLengthMax = 8 * 1024 * 1024;

function filterOf({ prefix, depth, filter }: Selection): Omit<TaskFilter, "limit"> {
  return {
    labels: labelsIn(prefix),
    ...(depth >= 0 && { depth }),
    selects: (path, type) =>
      filter === undefined || filter.matcher(type === "pull" ? `@pull.${path}` : path).find(),
  };
}

function labelsIn(prefix: string): readonly string[] {
  return prefix === "" ? [] : prefix.split(".");
}

export function countsOfTasks(talk: NexusTalk, params: Params): Doing {
  const prefix = prefixIn(params);
  if (!may(talk, "task.count", prefix)) return denied;
  const { options } = talk;
  const labels = labelsIn(prefix);
  const isByLabel = booleanIn(params.members.get("subprefixes")) ?? false;
  if (!isByLabel) return result(jsonOf(countsShown(countTasks(options.state, labels))));
  const counts = countTasksBelow(options.state, labels, listedMax);
  if (counts === undefined) {
    return failure(rpcError("internal_error", `more than ${listedMax} subprefixes`));
  }
  const shown = counts.map(([path, each]) => {
    return { prefix: withoutFinalDots(path), ...countsShown(each) };
  });
  return result(arrayOf(shown.sort(byPrefix).map(jsonOf)));
}

function countsShown({ tasks, pulls }: TaskCounts) {
  return { count: tasks + pulls, pushCount: tasks, pullCount: pulls };
}

function byPrefix(a: { readonly prefix: string }, b: { readonly prefix: string }): number {
  return a.prefix < b.prefix ? -1 : 1;
}

function taskShown({ wallMsOf }: NexusOptions, task: ListedTask): JsonText {
  const time = (at: TimeMs) => timeShown(wallMsOf(at));
  const push = task.type === "push" ? task : undefined;
  const { worker } = push ?? {};
  return objectOf([
    ["id", jsonOf(task.type === "push" ? task.task : task.session)],
    ["state", jsonOf(worker === undefined ? "waiting" : "working")],
    ["path", jsonOf(task.path)],
    ["priority", jsonOf(push?.priority ?? 0)],
    ["ttl", jsonOf(push?.attempts ?? 0)],
    ["detached", jsonOf(push?.isDetached ?? false)],
    ["user", jsonOf(task.user)],
    ["method", jsonOf(push?.method ?? "")],
    ["params", push === undefined ? nullText : shortened(push.params)],
    ["targetSession", jsonOf(worker?.session ?? "")],
    // A task that has any of these is gone.
    ["result", nullText],
    ["errCode", nullText],
    ["errString", jsonOf("")],
    ["errObject", nullText],
    ["tags", push?.tags ?? nullText],
    ["creationTime", time(task.acceptedAt)],
    ["workingTime", worker === undefined ? nullText : time(worker.since)],
    ["deadline", time(task.until)],
  ]);
}

/** Characters of a text that a list shows. */
const shownLength = 10_240;

/** Characters of parameters whose texts are shortened one by one; longer ones become one text. */
const shortenedMax = 1024 * 1024;

function shortened(value: JsonText): JsonText {
  if (value.length <= shownLength) return value;
  if (value.length > shortenedMax) return cut(value);
  return value.replaceAll(/"(?:[^"\\]|\\.)*"/g, (text) =>
    text.length > shownLength ? cut(stringIn(text as JsonText) ?? "") : text,
  ) as JsonText;
}

function cut(text: string): JsonText {
  return jsonOf(text.length > shownLength ? `${text.slice(0, shownLength)}...` : text);
}
