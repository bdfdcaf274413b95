/** What the commands for operators have in common: which server they ask, as whom, and how they end. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import { adminSocketPath, ConfigError, loadConfig } from "../server/config.ts";
import { AdminRefusal } from "./admin-client.ts";
import { fileLoadOptions, fileOption } from "./config-options.ts";
import { writeOut } from "./stdout.ts";

/** With what the program ends. */
export interface Status {
  code: number;
}

/** Gives the command the ways to find the server. */
export function reaching(command: Command): Command {
  return command
    .option("--socket <PATH>", "The server's socket; default: what the configuration says.")
    .addOption(fileOption());
}

export function socketFor(command: Command): string {
  const { socket } = command.opts<{ readonly socket?: string }>();
  if (socket !== undefined) return socket;
  const path = adminSocketPath(loadConfig(fileLoadOptions(command)).config);
  if (path !== undefined) return path;
  throw new ConfigError(["adminSocket: the server has none; name one with --socket"]);
}

/** For the server's log. Whoever may open the socket may say anything here. */
export function whoAmI(): string {
  return `${userName()}, process ${process.pid}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // Containers run as users that nobody has named.
    return `user ${process.getuid?.()}`;
  }
}

/** A server that says no is no accident: its words are all that is said, as those of other tools are. */
export async function change(
  status: Status,
  ask: () => Promise<void>,
  wordsOf = ({ message }: AdminRefusal) => `${message}\n`,
): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof AdminRefusal)) throw error;
    process.stderr.write(wordsOf(error));
    status.code = 1;
  }
}

/** Whoever reads may stop when there was enough. */
export async function print(text: string): Promise<void> {
  try {
    await writeOut(Buffer.from(text));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}
