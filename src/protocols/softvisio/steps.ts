import type { Command } from "../../core/command.ts";
import type { Step } from "../protocol.ts";

const none: readonly never[] = [];

export const silence: Step = { commands: none, output: none };

export function asking(commands: readonly Command[]): Step {
  return { commands, output: none };
}

export function say(text: string): Step {
  return { commands: none, output: [{ type: "text", text }] };
}

/** Of steps that only ask the log and say something. */
export function joined(steps: readonly Step[]): Step {
  return {
    commands: steps.flatMap(({ commands }) => commands),
    output: steps.flatMap(({ output }) => output),
  };
}
