/** All commands. Each primitive defines its own; here they become one union. */
import type { NodeCommand } from "./nodes.ts";
import type { PipeCommand } from "./pipes.ts";
import type { JoinCommand } from "./sessions.ts";
import type { Announce, TopicCommand } from "./topics.ts";

export type { Count, NodeCommand, Relay } from "./nodes.ts";

/** What a session can ask for. */
export type SessionCommand = TopicCommand | PipeCommand;

/** Whatever is asked of the plane by those it serves. */
export type ServedCommand = SessionCommand | Announce;

export type FleetingCommand = ServedCommand | JoinCommand | NodeCommand | Tick;

/** Whatever has its deadline at this moment or before ends. */
export interface Tick {
  readonly type: "tick";
}
