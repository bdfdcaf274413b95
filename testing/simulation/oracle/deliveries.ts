import type { Command, Entry } from "../../../src/core/command.ts";
import type { Effect } from "../../../src/core/effect.ts";
import type { NodeId, RequestId, SessionId } from "../../../src/core/ids.ts";
import { InvariantBroken } from "../invariant-broken.ts";

/**
 * Whether each effect reaches its own client and no other. Each request in the log has an id of its own. The node at
 * which a session was opened delivers its effects while its connection lives, and no other node ever does; but a
 * session that lives by its requests may be used at any node.
 */
export interface Deliveries {
  /** The entry has its place in the log. */
  add(entry: Entry): void;
  /** The node has sent the effect, and delivered it if the connection of its session is there. */
  sent(effect: Effect, from: Sending): void;
  /** The node's own sessions of which it has dropped an effect until then; each is returned once. */
  takeDropped(node: NodeId, untilMs: number): readonly SessionId[];
}

export interface Sending {
  readonly node: NodeId;
  readonly isDelivered: boolean;
  readonly atMs: number;
}

export function createDeliveries(): Deliveries {
  const requests = new Map<RequestId, Command>();
  /** The nodes of sessions with a connection: where each was opened or first received an effect. */
  const nodes = new Map<SessionId, NodeId>();
  /** Sessions that live by their requests. */
  const roaming = new Set<SessionId>();
  /** The moments at which a session's own node first dropped an effect of it. */
  const droppedAtMs = new Map<SessionId, number>();

  function assertNew(request: RequestId, command: Command): void {
    const known = requests.get(request);
    if (known !== undefined) {
      const both = `${JSON.stringify(known)} and ${JSON.stringify(command)}`;
      throw new InvariantBroken(`two requests have one id: ${both}`);
    }
    requests.set(request, command);
  }

  function assertAt(node: NodeId, session: SessionId): void {
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
      else assertAt(command.node, command.session);
    },
    sent({ session }, { node, isDelivered, atMs }) {
      if (roaming.has(session)) return;
      if (isDelivered) assertAt(node, session);
      else if (nodes.get(session) === node && !droppedAtMs.has(session))
        droppedAtMs.set(session, atMs);
    },
    takeDropped(node, untilMs) {
      const dropped = [...droppedAtMs].filter(
        ([session, atMs]) => atMs < untilMs && nodes.get(session) === node,
      );
      for (const [session] of dropped) droppedAtMs.delete(session);
      return dropped.map(([session]) => session);
    },
  };
}
