/** The answers of one conversation, which are sent in the order of the requests. */
import type { RequestId } from "../../core/ids.ts";
import type { Job, Step } from "../conversation.ts";
import type { RequestName } from "./decode.ts";
import { lineOf } from "./lines.ts";
import type { ToyTalk } from "./talk.ts";

/** The answer is known at once. */
export function answer({ due }: ToyTalk, id: RequestName | undefined, value: object): void {
  due.push({ id, of: undefined, line: lineOf({ id, ...value }) });
}

/** The answer will be the result of this command or job. */
export function answerLater({ due }: ToyTalk, id: RequestName, of: RequestId | Job): void {
  due.push({ id, of, line: undefined });
}

/** The result of the command or job has arrived. */
export function settle({ due }: ToyTalk, of: RequestId | Job, value: object): void {
  const open = due.find((each) => each.of === of && each.line === undefined);
  if (open !== undefined) open.line = lineOf({ id: open.id, ...value });
}

/** Whether the newest request waits for its job. */
export function isWorking({ due }: ToyTalk): boolean {
  const newest = due.at(-1);
  return typeof newest?.of === "object" && newest.line === undefined;
}

/** The answers that can be sent now and, behind the last one, the end. */
export function flushed({ due, ending }: ToyTalk): Pick<Step<string>, "output" | "end"> {
  const openAt = due.findIndex(({ line }) => line === undefined);
  const ready = due.splice(0, openAt === -1 ? due.length : openAt);
  const output = ready.flatMap(({ line }) => line ?? []);
  return { output, ...(ending !== undefined && due.length === 0 && { end: ending }) };
}
