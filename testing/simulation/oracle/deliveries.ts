import type { Command, Entry } from "../../../src/core/command.ts";
import type { Effect } from "../../../src/core/effect.ts";
import type { NodeId, RequestId, SessionId } from "../../../src/core/ids.ts";
import { InvariantBroken } from "../invariant-broken.ts";

/**
 * Whether what a node delivers is meant for a client of that node. Every request of the log is one of its own, and
 * a session that lives by its connection is delivered to where it was opened, and nowhere else. A session that
 * lives by its requests may be used at any node.
 */
export interface Deliveries {
  /** The entry has its place in the log. */
  add(entry: Entry): void;
  /** The connection of the effect's session is at this node and has taken the effect. */
  delivered(effect: Effect, node: NodeId): void;
}

export function createDeliveries(): Deliveries {
  const requests = new Map<RequestId, Command>();
  const nodes = new Map<SessionId, NodeId>();
  /** Sessions that live by their requests. */
  const roaming = new Set<SessionId>();

  function assertNew(request: RequestId, command: Command): void {
    const known = requests.get(request);
    if (known !== undefined) {
      const both = `${JSON.stringify(known)} and ${JSON.stringify(command)}`;
      throw new InvariantBroken(`two requests have one id: ${both}`);
    }
    requests.set(request, command);
  }

  function assertOf(node: NodeId, session: SessionId): void {
    const known = nodes.get(session) ?? node;
    if (known !== node)
      throw new InvariantBroken(`session ${session} is at ${known} and at ${node}`);
    nodes.set(session, node);
  }

  return {
    add({ command }) {
      if ("request" in command) assertNew(command.request, command);
      if (command.type !== "open_session") return;
      if (command.life.type === "idle") roaming.add(command.session);
      else assertOf(command.node, command.session);
    },
    delivered({ session }, node) {
      if (!roaming.has(session)) assertOf(node, session);
    },
  };
}
