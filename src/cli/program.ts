import { AssertionError } from "node:assert";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { LogIndex } from "../core/ids.ts";
import { ConfigError, loadConfig, problemsIn } from "../server/config.ts";
import { packageVersion } from "../server/version.ts";
import { addAdmin } from "./admin.ts";
import type { Status } from "./admin-command.ts";
import { addTokens } from "./admin-tokens.ts";
import { addUsers } from "./admin-users.ts";
import { type BackupFlags, backUp } from "./backup.ts";
import { addConfigOptions, fileOption, loadOptions } from "./config-options.ts";
import { configAsJson, configAsYaml } from "./config-print.ts";
import { type CatFlags, checkLog, dataFolder, printLog } from "./log.ts";
import { type RepairFlags, repairExplanation, repairLog } from "./repair.ts";
import { restoreInto, showBackup } from "./restore.ts";
import { serve } from "./serve.ts";

/**
 * Runs one command line and returns the exit status: 0 for success, 1 for failure, 2 for wrong usage.
 * Errors go to stderr. Throws bugs.
 */
export async function run(argv: readonly string[]): Promise<number> {
  process.stdout.on("error", reportUnwritten);
  const status = { code: 0 };
  try {
    await createProgram(status).parseAsync(argv, { from: "user" });
    return status.code;
  } catch (error) {
    return report(error);
  }
}

/** Reports a failed write to stdout, except EPIPE: a reader such as `head` may stop early. */
function reportUnwritten(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  process.stderr.write(`holdfast: stdout takes no more: ${error.message}\n`);
  process.once("exit", () => {
    process.exitCode ||= 1;
  });
}

function createProgram(status: Status): Command {
  const program = new Command("holdfast")
    .description("One durable coordination server, through the wire protocols your clients speak.")
    .version(packageVersion(), "-V, --version", "Print the version.")
    .helpOption("-h, --help", "Print this help.")
    .helpCommand("help [COMMAND]", "Print the help of a command.")
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "holdfast: ")),
    })
    .addHelpText("after", programHelp);
  addServe(program, status);
  addConfig(program, status);
  addBackup(program);
  addRestore(program);
  addLog(program, status);
  addAdmin(program, status);
  addTokens(program, status);
  addUsers(program, status);
  return program;
}

const programHelp = `
Examples:
  holdfast serve                          on 127.0.0.1:7117, data in ./holdfast-data
  holdfast serve --data memory --listen 127.0.0.1:0
  HOLDFAST_CONFIG=/etc/holdfast.yaml holdfast config print
  holdfast locks --prefix orders          who holds, and who waits

Exit status:
  0  all is well
  1  it failed: a port is in use, the data is damaged, the disk broke
  2  it was asked wrongly: unknown commands or flags, settings that are refused`;

function addServe(program: Command, status: Status): void {
  const command = program
    .command("serve")
    .description("Run a server until SIGTERM or SIGINT.")
    .addHelpText("after", `${settingsHelp}\n${serveHelp}`);
  addConfigOptions(command).action(async () => {
    status.code = await serve(command);
  });
}

const settingsHelp = `
A setting is taken from its flag, else from its environment variable (an empty one counts as unset),
else from the file, else it has its default. In the file, which is YAML, --ldlm-rest-listen is
restListen in the section ldlm. Durations have units (500ms, 10s, 1h30m), amounts of data may (64KiB).`;

const serveHelp = `
The log goes to stderr as lines of JSON; those with the msg "listening" tell the host and the port.
The first SIGTERM or SIGINT stops the server, a second one ends it where it stands. SIGHUP reads the
files of TLS anew.`;

function addConfig(program: Command, status: Status): void {
  const config = program.command("config").description("Look at the configuration.");
  const command = config
    .command("print")
    .description("Print every setting and where it comes from; the result is a file for --config.")
    .option("--json", "Print JSON: by key the value and its origin.")
    .addHelpText("after", settingsHelp);
  addConfigOptions(command).action((options: { readonly json?: true }) => {
    const loaded = loadConfig(loadOptions(command));
    process.stdout.write(options.json ? configAsJson(loaded) : configAsYaml(loaded));
    const problems = problemsIn(loaded.config);
    if (problems.length > 0) status.code = report(new ConfigError(problems));
  });
}

function addBackup(program: Command): void {
  const command = program
    .command("backup")
    .description("Write the state of a server, running or not, into one file; it holds lock keys.")
    .argument("<FILE>", "The file to write; - is stdout.")
    .argument("[FOLDER]", folderHelp)
    .option("--force", "Replace the file if it exists.")
    .addOption(fileOption());
  command.action((file: string, folder: string | undefined, options: BackupFlags) =>
    backUp(file, dataFolder(folder, command), options),
  );
}

function addRestore(program: Command): void {
  const command = program
    .command("restore")
    .description("Make the data of a server out of a backup, in a folder that has none.")
    .argument("<FILE>", "What `backup` has written.")
    .argument("[FOLDER]", folderHelp)
    .option("--dry-run", "Only verify the file and print what it holds.")
    .addOption(fileOption());
  command.action((file: string, folder: string | undefined, options: { readonly dryRun?: true }) =>
    options.dryRun ? showBackup(file) : restoreInto(file, dataFolder(folder, command)),
  );
}

function addLog(program: Command, status: Status): void {
  const log = program
    .command("log")
    .description("Look at the log of a server, running or not, and repair it.");
  const check = log
    .command("check")
    .description("Read snapshots and log, and tell what is damaged. Exits with 1 if anything is.")
    .argument("[FOLDER]", folderHelp)
    .addOption(fileOption())
    .action(async (folder: string | undefined) => {
      status.code = await checkLog(dataFolder(folder, check));
    });
  const cat = log
    .command("cat")
    .description("Print the entries of the log; keys by which locks are released are among them.")
    .argument("[FOLDER]", folderHelp)
    .option("--from <INDEX>", "Begin with this entry.", parseIndex)
    .option("--json", "Print every entry as JSON on a line of its own.")
    .addOption(fileOption())
    .action((folder: string | undefined, options: CatFlags) =>
      printLog(dataFolder(folder, cat), options),
    );
  addRepair(log, status);
}

function addRepair(log: Command, status: Status): void {
  const command = log
    .command("repair")
    .description("Save what can be saved of a damaged log. Exits with 1 if nothing can.")
    .argument("[FOLDER]", folderHelp)
    .addOption(new Option("--dry-run", "Show what would be done and lost.").conflicts("yes"))
    .option("--yes", "Do it.")
    .addOption(fileOption());
  command.action(async (folder: string | undefined, options: RepairFlags) => {
    if (!options.dryRun && !options.yes) command.error(`error: ${repairExplanation}`);
    status.code = await repairLog(dataFolder(folder, command), options);
  });
}

const folderHelp = "The data of the server; default: the folder in the configuration.";

function parseIndex(text: string): LogIndex {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("Entries are numbered from 1.");
  return Number(text) as LogIndex;
}

/** Prints the error with its causes and returns the exit status. Throws bugs, to crash with the stack. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof Error) || isBug(error)) throw error;
  process.stderr.write(`holdfast: ${messagesOf(error).join(": ")}\n`);
  return error instanceof ConfigError ? 2 : 1;
}

function isBug(error: Error): boolean {
  return [TypeError, ReferenceError, SyntaxError, AssertionError].some(
    (kind) => error instanceof kind,
  );
}

function messagesOf(error: Error): readonly string[] {
  return error.cause instanceof Error
    ? [error.message, ...messagesOf(error.cause)]
    : [error.message];
}
