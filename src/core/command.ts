/**
 * All commands. Each primitive defines its own, with their traits; here they become one union and one
 * table, from which every other set of commands follows.
 */
import { type ApiTokenCommand, apiTokenTraits } from "./api-tokens/commands.ts";
import type { LogIndex, TimeMs } from "./ids.ts";
import { type LockCommand, lockTraits } from "./locks/commands.ts";
import { type NodeCommand, nodeTraits } from "./nodes/commands.ts";
import { type SessionCommand, sessionTraits } from "./sessions/commands.ts";
import { type TaskCommand, taskTraits } from "./tasks/commands.ts";
import {
  type Requested,
  type ReserveShare,
  reserveShares,
  type Sender,
  type TraitsTable,
} from "./traits.ts";
import { type UserCommand, userTraits } from "./users/commands.ts";

export type * from "./api-tokens/commands.ts";
export type * from "./locks/commands.ts";
export type * from "./nodes/commands.ts";
export type { Operation } from "./operation.ts";
export type * from "./sessions/commands.ts";
export type * from "./tasks/commands.ts";
export type * from "./users/commands.ts";

export type Command =
  | NodeCommand
  | SessionCommand
  | LockCommand
  | TaskCommand
  | ApiTokenCommand
  | UserCommand;

/** A command in its place in the log. The same entries make the same state, wherever they are applied. */
export interface Entry<C extends Command = Command> {
  readonly index: LogIndex;
  /** Never lower than that of an earlier entry. */
  readonly at: TimeMs;
  readonly command: C;
}

export const commandTraits = {
  ...nodeTraits,
  ...sessionTraits,
  ...lockTraits,
  ...taskTraits,
  ...apiTokenTraits,
  ...userTraits,
} as const satisfies TraitsTable<Command>;

/** Beside these a log holds only what a newer program has written. */
export const commandTypes: ReadonlySet<string> = new Set(Object.keys(commandTraits));

/** Whether even a full disk accepts the command, because the state is no larger afterwards. */
export function givesBack({ type }: Command): boolean {
  return commandTraits[type].reserveShare > 0;
}

/** The part of a full disk's reserve that the commands may use together. */
export function reserveShareOf(commands: readonly Command[]): ReserveShare {
  let share: ReserveShare = reserveShares.needed;
  for (const { type } of commands) {
    const { reserveShare } = commandTraits[type];
    if (reserveShare < share) share = reserveShare;
  }
  return share;
}

/** The commands of a kind of sender. */
export type CommandFrom<S extends Sender> = {
  [C in Command as C["type"]]: (typeof commandTraits)[C["type"]]["sender"] extends S ? C : never;
}[Command["type"]];

/** A command whose outcome somebody waits for. */
export type RequestedCommand = Extract<Command, Requested>;

export function isRequested(command: Command): command is RequestedCommand {
  return commandTraits[command.type].sender !== "node";
}
