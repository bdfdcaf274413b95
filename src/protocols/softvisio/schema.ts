import { type Method, methods } from "./methods.ts";

/** What `/schema` tells: every method with its parameters, and which events are pushed. */
export const apiSchema = {
  emits: ["/cluster/<cluster_id>/<name>", "sessionDelete"],
  versions: { v1: { methods: Object.fromEntries([...methods].map(described)) } },
} as const;

function described([name, { description, parameters, needsConnection }]: readonly [
  string,
  Method,
]): readonly [string, unknown] {
  return [name, { description, persistentConnection: needsConnection, params: parameters }];
}
