import type { LdlmAnswer } from "../../ldlm-session.ts";
import { type Caller, openCaller } from "./caller.ts";
import { anyNode, type ClientParts } from "./client.ts";
import { ask, askForSession } from "./ldlm-requests.ts";

/** The way by which a client gets a lease. Answers `undefined` when the server refused, or the outcome is unknown. */
export interface LeaseDoor {
  ask(
    what: "lock" | "renew" | "unlock",
    fields: object,
    patienceMs: number,
  ): Promise<Pick<LdlmAnswer, "locked" | "key"> | undefined>;
  /** The client leaves. Locks that it still holds may go with it or not. */
  leave(): void;
}

/** Over REST, in a session of its own; `undefined` when the client got none. */
export async function restDoor(
  parts: ClientParts,
  patienceMs: number,
): Promise<LeaseDoor | undefined> {
  let node = anyNode(parts);
  const cookie = await askForSession(parts, node, patienceMs);
  if (cookie === undefined) return undefined;
  return {
    async ask(what, fields, patienceMs) {
      const path = `/v1/${what}`;
      const request = { node, method: "POST", path, cookie, fields, patienceMs } as const;
      const response = await ask(parts, request);
      if (response === undefined) node = anyNode(parts);
      return response?.status === 200 ? JSON.parse(response.body) : undefined;
    },
    leave() {},
  };
}

/** Over gRPC, where locks outlive their connection: the client connects again when that is lost. */
export async function callDoor(parts: ClientParts): Promise<LeaseDoor> {
  let caller = openCaller(parts);

  function living(): Caller {
    if (caller.isLost) caller = openCaller(parts);
    return caller;
  }

  return {
    async ask(what, fields, patienceMs) {
      const method = ({ lock: "TryLock", renew: "Renew", unlock: "Unlock" } as const)[what];
      const asking = living();
      const answer = await asking.ask(method, fields, { patienceMs }).answer;
      // The connection may be dead in silence.
      if (answer === undefined) asking.close();
      return answer;
    },
    leave: () => caller.close(),
  };
}
