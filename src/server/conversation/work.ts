import type { Command } from "../../core/command.ts";
import { visitCountOf } from "../../core/costs.ts";

/** To append, apply and answer a command, in ms; measured by `bench core` and `bench websocket`. */
const commandMs = 0.01;

/** To enter one node of the lock tree and to leave it, in ms. */
const visitMs = 0.001;

/** The work of the event loop that a command makes after it was proposed, in ms. */
export function workMsOf(command: Command): number {
  if (command.type !== "acquire") return commandMs;
  return commandMs + visitCountOf(command.claims) * visitMs;
}
