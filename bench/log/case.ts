import type { Command } from "../../src/core/command.ts";

export interface LogCase {
  readonly folder: string;
  readonly durability: "always" | "relaxed";
  /** Whether zeros are written ahead of the records. */
  readonly isSetAside: boolean;
  /** Appends that wait for their commit at the same time. */
  readonly depth: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LogAnswer {
  readonly appendsPerSecond: number;
  readonly syncsPerSecond: number;
  /** Of one sync, on average; of one transaction, for a database. */
  readonly syncMs: number;
}

/** About 150 bytes in the log. */
export function oneCommand(request: number): Command {
  return {
    type: "acquire",
    session: "n1-1-1",
    request,
    namespace: "default",
    claims: [{ mode: "exclusive", path: ["k", "17"] }],
  } as unknown as Command;
}
