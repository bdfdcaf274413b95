import type { Command } from "../../core/command.ts";
import type { Step } from "../protocol.ts";
import { errorText, type RpcId, successText } from "./encode.ts";
import type { RpcError } from "./errors.ts";

const none: readonly never[] = [];

export const silence: Step = { commands: none, output: none };

export function asking(commands: readonly Command[]): Step {
  return { commands, output: none };
}

export function say(text: string): Step {
  return { commands: none, output: [{ type: "text", text }] };
}

/** Joins steps that only have commands and output. */
export function joined(steps: readonly Step[]): Step {
  return {
    commands: steps.flatMap(({ commands }) => commands),
    output: steps.flatMap(({ output }) => output),
  };
}

/** A request without an id wants no answer. */
export function done(id: RpcId, data?: unknown): Step {
  return id === undefined ? silence : say(successText(id, { data }));
}

export function failed(id: RpcId, why: RpcError): Step {
  return id === undefined ? silence : say(errorText(id, why));
}
