import type { Command } from "../core/command.ts";
import { durationMsMax } from "../core/limits.ts";

/** The command with its spans, such as its lease and its wait, longer by `ms`. */
export function prolonged(command: Command, ms: number): Command {
  switch (command.type) {
    case "acquire":
      return { ...command, ...spanOf("leaseMs", command, ms), ...spanOf("waitMs", command, ms) };
    case "renew":
      return { ...command, ...spanOf("leaseMs", command, ms) };
    case "push_task":
    case "pull_task":
      return { ...command, ...spanOf("timeoutMs", command, ms) };
    default:
      return command;
  }
}

/** A span of 0 and one that is no span at all stay as they are. */
function spanOf<Name extends "leaseMs" | "waitMs" | "timeoutMs">(
  name: Name,
  command: { readonly [Key in Name]?: number },
  ms: number,
): { readonly [Key in Name]: number } | undefined {
  const span = command[name];
  if (span === undefined || !(span > 0) || span > durationMsMax) return undefined;
  return { [name]: Math.min(durationMsMax, span + Math.ceil(ms)) } as { [Key in Name]: number };
}
