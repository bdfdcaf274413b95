import type { LdlmAnswer } from "../../ldlm-session.ts";
import { type Caller, openCaller } from "./caller.ts";
import { anyNode, type ClientParts } from "./client.ts";
import { ask, askForSession } from "./ldlm-requests.ts";

/** How a client comes to a lease. `undefined`: nobody knows what became of it, or it was refused. */
export interface LeaseDoor {
  ask(
    what: "lock" | "renew" | "unlock",
    fields: object,
    patienceMs: number,
  ): Promise<Pick<LdlmAnswer, "locked" | "key"> | undefined>;
  /** The client goes; what it still has may be gone with that, or not. */
  leave(): void;
}

/** Over REST, in a session of its own; `undefined`: there was none to be had. */
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

/** Over gRPC, where locks outlive their connection: when that is lost, another one will do. */
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
      // It may be dead without a sound.
      if (answer === undefined) asking.close();
      return answer;
    },
    leave: () => caller.close(),
  };
}
