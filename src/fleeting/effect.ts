/** All effects. Each primitive defines its own; here they become one union. */
import type { ForwardEffect } from "./nodes.ts";
import type { PipeAnswer } from "./pipes.ts";
import type { TopicEffect } from "./topics.ts";

/** What sessions are sent. */
export type SessionEffect = TopicEffect | PipeAnswer;

export type FleetingEffect = SessionEffect | ForwardEffect;
