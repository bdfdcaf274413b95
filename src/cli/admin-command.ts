/** Shared by the commands for operators: the server's socket, the operator's name, and the exit status. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import { adminSocketPath, ConfigError, loadConfig } from "../server/config.ts";
import { AdminRefusal } from "./admin-client.ts";
import { fileLoadOptions, fileOption } from "./config-options.ts";
import { writeOut } from "./stdout.ts";

/** The exit status of the program. */
export interface Status {
  code: number;
}

/** Adds the flags that select the server. */
export function reaching(command: Command): Command {
  return command
    .option("--socket <PATH>", "The server's socket; default: the one in the configuration.")
    .addOption(fileOption());
}

export function socketFor(command: Command): string {
  const { socket } = command.opts<{ readonly socket?: string }>();
  if (socket !== undefined) return socket;
  const path = adminSocketPath(loadConfig(fileLoadOptions(command)).config);
  if (path !== undefined) return path;
  throw new ConfigError(["adminSocket: the server has none; name one with --socket"]);
}

/** The operator's name for the server's log. The server cannot verify it. */
export function whoAmI(): string {
  return `${userName()}, process ${process.pid}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // Containers may run as a user without a name.
    return `user ${process.getuid?.()}`;
  }
}

/** Runs a change. A refusal is no failure of the program, so stderr gets the server's message alone. */
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

/** Ignores EPIPE, because a reader such as `head` may stop early. */
export async function print(text: string): Promise<void> {
  try {
    await writeOut(Buffer.from(text));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}
