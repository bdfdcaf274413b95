/** All commands. Each primitive defines its own; here they become one union. */
import type { NodeCommand } from "./nodes.ts";
import type { PipeCommand } from "./pipes.ts";
import type { JoinCommand } from "./sessions.ts";
import type { TopicCommand } from "./topics.ts";

export type { Count, NodeCommand, Relay } from "./nodes.ts";

/** What a session can ask for. */
export type SessionCommand = TopicCommand | PipeCommand;

export type FleetingCommand = SessionCommand | JoinCommand | NodeCommand | Tick;

/** Whatever has its deadline at this moment or before ends. */
export interface Tick {
  readonly type: "tick";
}
