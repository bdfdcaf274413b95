/** All commands. Each primitive defines its own; here they become one union. */
import type { JoinCommand } from "./sessions.ts";
import type { TopicCommand } from "./topics.ts";

/** What a session asks for; the bus adds the rest. */
export type SessionCommand = TopicCommand;

export type FleetingCommand = JoinCommand | SessionCommand;
