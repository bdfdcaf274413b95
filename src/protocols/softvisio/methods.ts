/** The methods as data: their names, their parameters, and the reading of their arguments. */
import type { LockKey } from "../../core/ids.ts";
import { isLongerThan } from "../../core/limits.ts";
import type { Event } from "../../fleeting/topics.ts";
import { argumentErrors, type Schema } from "./arguments.ts";
import { type RpcError, rpcError } from "./errors.ts";
import { eventsOf, type Publication, usersMax } from "./events.ts";

/** A call with valid arguments. */
export type MethodCall =
  | { readonly type: "publish"; readonly events: readonly Event[] }
  | { readonly type: "is_locked"; readonly mutexId: string }
  | { readonly type: "lock"; readonly mutexId: string; readonly waits: boolean }
  | { readonly type: "unlock"; readonly mutexId: string; readonly key: LockKey };

export interface MethodCallOptions {
  /** Whether the call came over a connection, which may own mutexes. */
  readonly isOnConnection: boolean;
  /** UTF-8 bytes of a mutex id, and of an event's name between `/cluster/` and the user. */
  readonly nameBytesMax: number;
}

export type ReadMethodCall =
  | { readonly type: "call"; readonly call: MethodCall }
  | { readonly type: "error"; readonly error: RpcError };

/** Checks in upstream's order: the method, the connection, the arguments. */
export function readMethodCall(
  name: unknown,
  given: readonly unknown[],
  { isOnConnection, nameBytesMax }: MethodCallOptions,
): ReadMethodCall {
  const method = typeof name === "string" ? methods.get(name) : undefined;
  if (method === undefined) return refused(rpcError("method_not_found"));
  if (method.needsConnection && !isOnConnection) return refused(rpcError("connection_required"));
  const schemas = method.parameters.map(({ schema }) => schema);
  const errors = argumentErrors(schemas, given);
  if (errors.length > 0) return refused(rpcError("arguments_invalid", errors));
  return method.read(given, nameBytesMax);
}

export interface Method {
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** The result belongs to a connection, so the method is unavailable over HTTP. */
  readonly needsConnection: boolean;
  /** The arguments already fit the parameters' schemas. */
  read(given: readonly unknown[], nameBytesMax: number): ReadMethodCall;
}

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
}

const mutexId: Parameter = {
  name: "mutex_id",
  description: "Mutex id.",
  schema: { type: "string" },
};

const lockId: Parameter = {
  name: "lock_id",
  description: "What the call that locked it has returned.",
  schema: { type: "string", format: "uuid" },
};

const clusterId: Parameter = {
  name: "cluster_id",
  description: "The space in which the name of the event lives.",
  schema: { type: "string" },
};

const event: Parameter = {
  name: "event",
  description:
    "`name` says who hears it: those subscribed to `/cluster/<cluster_id>/<name>`; when it ends in a slash, those subscribed to that with one of the `users` behind it. `data` is told as it is.",
  schema: {
    type: "object",
    properties: {
      name: { type: "string" },
      users: { type: ["null", "string", "array"] },
      data: { type: "string" },
    },
    additionalProperties: false,
    required: ["name"],
  },
};

export const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    "/v1/events/publish",
    {
      description: "Publish an event. The connection that publishes does not hear it.",
      parameters: [clusterId, event],
      needsConnection: false,
      read([cluster, publication], nameBytesMax) {
        const { users, ...rest } = publication as Omit<Publication, "clusterId">;
        // Nobody can be subscribed to such a name, and each user would multiply its cost.
        if (isLongerThan(`${cluster}/${rest.name}`, nameBytesMax)) {
          const errors = [
            `/1/name must NOT have more than ${nameBytesMax} bytes, with the cluster id`,
          ];
          return refused(rpcError("arguments_invalid", errors));
        }
        if (Array.isArray(users) && users.length > usersMax) {
          const errors = [`/1/users must NOT have more than ${usersMax} items`];
          return refused(rpcError("arguments_invalid", errors));
        }
        const events = eventsOf({ ...rest, users: users ?? null, clusterId: cluster as string });
        return { type: "call", call: { type: "publish", events } };
      },
    },
  ],
  [
    "/v1/mutexes/is-locked",
    {
      description: "Check if mutex is locked: `true` or `false`.",
      parameters: [mutexId],
      needsConnection: false,
      read: aboutMutex((id) => ({ type: "is_locked", mutexId: id })),
    },
  ],
  [
    "/v1/mutexes/try-lock",
    {
      description: "Try lock mutex: the lock id, or `false` if somebody holds it.",
      parameters: [mutexId],
      needsConnection: true,
      read: aboutMutex((id) => ({ type: "lock", mutexId: id, waits: false })),
    },
  ],
  [
    "/v1/mutexes/lock",
    {
      description: "Lock mutex: the lock id, when nobody else holds it any more.",
      parameters: [mutexId],
      needsConnection: true,
      read: aboutMutex((id) => ({ type: "lock", mutexId: id, waits: true })),
    },
  ],
  [
    "/v1/mutexes/unlock",
    {
      description: "Unlock mutex: `true`, or `false` if that lock does not hold it.",
      parameters: [mutexId, lockId],
      needsConnection: true,
      read: aboutMutex((id, key) => ({ type: "unlock", mutexId: id, key: key as LockKey })),
    },
  ],
]);

/** UTF-8, and so the log, cannot hold a lone surrogate: it becomes U+FFFD. */
function aboutMutex(make: (mutexId: string, second: unknown) => MethodCall): Method["read"] {
  return ([first, second], nameBytesMax) => {
    const id = (first as string).toWellFormed();
    if (isLongerThan(id, nameBytesMax)) {
      const errors = [`/0 must NOT have more than ${nameBytesMax} bytes`];
      return refused(rpcError("arguments_invalid", errors));
    }
    return { type: "call", call: make(id, second) };
  };
}

function refused(why: RpcError): ReadMethodCall {
  return { type: "error", error: why };
}
