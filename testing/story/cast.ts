import type { RequestId, SessionId } from "../../src/core/ids.ts";

/** Who has asked for what, and by which name the story calls it. */
export interface Cast {
  /** Whether this is the first that the story hears of the session. */
  meet(session: SessionId): boolean;
  /** The next request; `name` is what the story calls what it is about. */
  ask(session: SessionId, name: string): RequestId;
  /** The last request that the session has asked for by this name; one of nobody when there is none. */
  recall(session: SessionId, name: string): RequestId;
  nameOf(request: RequestId): string;
}

export function createCast(): Cast {
  const met = new Set<SessionId>();
  const names: string[] = [""];
  const asked = new Map<string, RequestId>();
  return {
    meet(session) {
      if (met.has(session)) return false;
      met.add(session);
      return true;
    },
    ask(session, name) {
      const request = String(names.push(name) - 1) as RequestId;
      asked.set(`${session} ${name}`, request);
      return request;
    },
    recall: (session, name) => asked.get(`${session} ${name}`) ?? ("0" as RequestId),
    nameOf: (request) => names[Number(request)] ?? "",
  };
}
