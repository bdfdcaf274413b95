import type { BusClock } from "../../src/bus/bus.ts";
import type { RunId } from "../../src/core/ids.ts";
import type { NodeCommand } from "../../src/fleeting/command.ts";
import type { Random } from "../history/random.ts";

/**
 * A network between nodes. A link from one node to another keeps its messages in order; those of different
 * links overtake each other. Messages are lost or arrive twice, the second time maybe behind later ones.
 */
export interface Network {
  readonly faults: Faults;
  join(run: RunId, receive: (command: NodeCommand) => void): void;
  /** Nothing arrives at the run any more. */
  leave(run: RunId): void;
  /** Nothing arrives at the run, or from it, until `reconnect`. */
  disconnect(run: RunId): void;
  reconnect(run: RunId): void;
  send(from: RunId, to: RunId, command: NodeCommand): void;
  /** Every message that did not arrive. */
  readonly lost: readonly NodeCommand[];
}

/** What the network does to messages from now on. */
export interface Faults {
  latencyMsMax: number;
  lossChance: number;
  repeatChance: number;
}

export const noFaults: Faults = { latencyMsMax: 20, lossChance: 0, repeatChance: 0 };

interface Message {
  readonly to: RunId;
  readonly from: RunId;
  readonly text: string;
  isLost: boolean;
}

export function createNetwork(clock: BusClock, random: Random): Network {
  const receivers = new Map<RunId, (command: NodeCommand) => void>();
  const disconnected = new Set<RunId>();
  /** When the last message of each link arrives. */
  const lastMs = new Map<string, number>();
  const lost: NodeCommand[] = [];
  const faults = { ...noFaults };

  function send(from: RunId, to: RunId, command: NodeCommand): void {
    const message = { from, to, text: JSON.stringify(command), isLost: false };
    if (isCut(message) || random.chance(faults.lossChance)) {
      lose(message);
      return;
    }
    const link = `${from} ${to}`;
    const dueMs = Math.max(lastMs.get(link) ?? 0, clock.nowMs() + latencyMs());
    lastMs.set(link, dueMs);
    arriveAt(dueMs, message);
    if (random.chance(faults.repeatChance)) arriveAt(dueMs + latencyMs(), message);
  }

  function latencyMs(): number {
    return random.below(faults.latencyMsMax + 1);
  }

  function isCut({ from, to }: Message): boolean {
    return disconnected.has(from) || disconnected.has(to);
  }

  function arriveAt(dueMs: number, message: Message): void {
    clock.after(dueMs - clock.nowMs(), () => {
      const receive = receivers.get(message.to);
      if (receive === undefined || isCut(message)) lose(message);
      else if (!message.isLost) receive(JSON.parse(message.text));
    });
  }

  /** A message that is lost does not arrive a second time either. */
  function lose(message: Message): void {
    if (!message.isLost) lost.push(JSON.parse(message.text));
    message.isLost = true;
  }

  return {
    faults,
    join: (run, receive) => void receivers.set(run, receive),
    leave: (run) => void receivers.delete(run),
    disconnect: (run) => void disconnected.add(run),
    reconnect: (run) => void disconnected.delete(run),
    send,
    lost,
  };
}
