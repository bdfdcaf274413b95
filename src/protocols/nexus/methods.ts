/** The methods by their names; docs/protocols/nexus.md, sections 6 to 13. */
import type { Doing } from "./doing.ts";
import { pipeMethods } from "./methods/pipes.ts";
import { syncMethods } from "./methods/sync.ts";
import { sysMethods } from "./methods/sys.ts";
import { taskMethods } from "./methods/tasks.ts";
import { topicMethods } from "./methods/topics.ts";
import { userMethods } from "./methods/users.ts";
import type { Params } from "./params.ts";
import type { NexusTalk } from "./talk.ts";

/** Reads the parameters, looks whether the peer may call, and says what the call does, in this order. */
export type Method = (talk: NexusTalk, params: Params) => Doing;

export const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...sysMethods,
    ...syncMethods,
    ...taskMethods,
    ...pipeMethods,
    ...topicMethods,
    ...userMethods,
  }),
);
