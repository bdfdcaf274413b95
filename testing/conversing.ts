import type { Command } from "../src/core/command.ts";
import type { Effect } from "../src/core/effect.ts";
import type { RequestId } from "../src/core/ids.ts";
import { type Conversation, type Step, silence, type Talk } from "../src/protocols/conversation.ts";

/** A conversation whose functions need no talk, for tests that take one step after another. */
export interface Conversing<Said, Output> {
  receive(said: Said): Step<Output>;
  deliver(effect: Effect): Step<Output>;
  refuse(request: RequestId, reason: string): Step<Output>;
  stop(): Step<Output>;
  end(): readonly Command[];
  pendingCount(): number;
}

/** What a peer over messages is sent. */
export type Sent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** What the step sends over messages, all of it text. */
export function sentBy({ output, end }: Step<string | Uint8Array>): readonly Sent[] {
  const texts = output.map((text) => ({ type: "text", text: String(text) }) as const);
  return end === undefined ? texts : [...texts, { type: "close", ...end }];
}

/** Keeps the host's promise that nothing is called after the end. */
export function converse<Said, Output, Data extends Talk>({
  behavior,
  talk,
}: Conversation<Said, Output, Data>): Conversing<Said, Output> {
  let isOver = false;
  function unlessOver(act: () => Step<Output>): Step<Output> {
    if (isOver) return silence;
    const step = act();
    isOver = step.end !== undefined;
    return step;
  }
  return {
    receive: (said) => unlessOver(() => behavior.receive(talk, said)),
    deliver: (effect) => unlessOver(() => behavior.deliver(talk, effect)),
    refuse: (request, reason) => unlessOver(() => behavior.refuse(talk, request, reason)),
    stop: () => unlessOver(() => behavior.stop(talk)),
    end() {
      isOver = true;
      return behavior.end(talk);
    },
    pendingCount: () => behavior.pendingCount(talk),
  };
}
