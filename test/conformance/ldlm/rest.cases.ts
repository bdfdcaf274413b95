import { accessStories } from "./access.cases.ts";
import type { Story } from "./case.ts";
import { jsonStories } from "./json.cases.ts";
import { lockStories } from "./locks.cases.ts";
import { sessionStories } from "./sessions.cases.ts";

/** All of docs/protocols/ldlm.md that can be seen over REST. */
export const stories: readonly Story[] = [
  ...sessionStories,
  ...accessStories,
  ...lockStories,
  ...jsonStories,
];
