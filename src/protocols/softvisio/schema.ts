import { type RpcId, successText } from "./encode.ts";
import { type Method, methods } from "./methods.ts";

/** Every method with its parameters, and the pushed events. */
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

const head = '{"jsonrpc":"2.0"';

/** The answer to `/schema` behind its id, encoded once. */
const tail = successText(undefined, { data: apiSchema }).slice(head.length);

/** The answer to `/schema`. */
export function schemaText(id: RpcId): string {
  return id === undefined ? head + tail : `${head},"id":${JSON.stringify(id)}${tail}`;
}
