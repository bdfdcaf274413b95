import type { Command } from "../../core/command.ts";

/** To append, apply and answer a command, in ms; measured by `bench core` and `bench websocket`. */
const commandMs = 0.01;

/** To enter one node of the lock tree and to leave it, with the garbage that this makes, in ms. */
const visitMs = 0.002;

/** To write one character of a name to the log, in ms: a small disk syncs 20 MB/s. */
const characterMs = 0.000_05;

/** The work of the event loop and of the log that a command makes after it was proposed, in ms. */
export function workMsOf(command: Command): number {
  if (command.type !== "acquire") return commandMs;
  let visits = 0;
  let characters = command.namespace.length;
  for (const { path } of command.claims) {
    visits += path.length + 1;
    for (const segment of path) characters += segment.length;
  }
  return commandMs + visits * visitMs + characters * characterMs;
}
