import { type Method, methods } from "./methods.ts";

/** The answer to `/schema`: every method with its parameters, and the pushed events. */
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
