import type { Claim, Command, TaskResult } from "../../core/command.ts";
import { visitCountOf } from "../../core/costs.ts";

/** To append, apply and answer a command, in ms; measured by `bench core` and `bench websocket`. */
const commandMs = 0.01;

/** To enter one node of the lock tree and to leave it, with the garbage that this makes, in ms. */
const visitMs = 0.002;

/** To write one character of a name to the log, in ms: a small disk syncs 20 MB/s. */
const characterMs = 0.000_05;

/** The work of the event loop and of the log that a command makes after it was proposed, in ms. */
export function workMsOf(command: Command): number {
  switch (command.type) {
    case "acquire": {
      const { namespace, claims } = command;
      const characters = namespace.length + charactersOf(claims);
      return commandMs + visitCountOf(claims) * visitMs + characters * characterMs;
    }
    case "push_task": {
      const { path, params, tags } = command;
      return commandMs + (path.length + params.length + tags.length) * characterMs;
    }
    case "finish_task":
      return commandMs + resultLength(command.result) * characterMs;
    default:
      return commandMs;
  }
}

function resultLength(result: TaskResult): number {
  if (result.type === "value") return result.value.length;
  return result.message.length + (result.data?.length ?? 0);
}

function charactersOf(claims: readonly Claim[]): number {
  let characters = 0;
  for (const { path } of claims) for (const segment of path) characters += segment.length;
  return characters;
}
