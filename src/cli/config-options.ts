import { type Command, type Help, Option } from "commander";
import {
  configFlag,
  configVariable,
  type LoadOptions,
  type Setting,
  settings,
} from "../server/config.ts";
import { readTextFile } from "./text-file.ts";

/** Adds a flag for the file and one for every setting. */
export function addConfigOptions(command: Command): Command {
  command.addOption(fileOption().helpGroup("General:"));
  for (const setting of settings) command.addOption(optionFor(setting));
  return command.configureHelp({ formatItem }).allowUnknownOption().allowExcessArguments();
}

/** The flags are too long for a column of their own, so their meaning goes below them. */
function formatItem(term: string, _width: number, description: string, help: Help): string {
  const text = help.boxWrap(description, (help.helpWidth ?? 80) - 6);
  return `  ${term}\n${text.replaceAll(/^/gm, "      ")}`;
}

/** `--config FILE`, for commands that need the configuration but do not change it. */
export function fileOption(): Option {
  return new Option(`${configFlag} <FILE>`, "A YAML file with settings.").env(configVariable);
}

/**
 * The command line's settings with the environment and files of this process. Unknown flags are included,
 * so that `loadConfig` reports them together with all other problems.
 */
export function loadOptions(command: Command): LoadOptions {
  return withFlags({ ...knownFlags(command), ...unknownFlags(command) });
}

/** The same for a command that has arguments of its own and only the flag for the file. */
export function fileLoadOptions(command: Command): LoadOptions {
  return withFlags(knownFlags(command));
}

function withFlags(flags: LoadOptions["flags"]): LoadOptions {
  return { flags, environment: process.env, readFile: readTextFile };
}

/** The default and the variable only appear in the help text; `loadConfig` applies them. */
function optionFor({ flag, placeholder, description, variable, section, ...setting }: Setting) {
  const argument = placeholder === "BOOLEAN" ? `[${placeholder}]` : `<${placeholder}>`;
  const option = new Option(`${flag} ${argument}`, description)
    .env(variable)
    .helpGroup(`${section}:`);
  const { default: value } = setting;
  return value === undefined || (Array.isArray(value) && value.length === 0)
    ? option
    : option.default(value, String(value));
}

function knownFlags(command: Command): Readonly<Record<string, string>> {
  const given = command.options.filter(
    (option) =>
      configFlags.has(option.long) &&
      command.getOptionValueSource(option.attributeName()) === "cli",
  );
  return Object.fromEntries(
    given.map((option) => [option.long, String(command.getOptionValue(option.attributeName()))]),
  );
}

const configFlags: ReadonlySet<string | undefined> = new Set([
  configFlag,
  ...settings.map(({ flag }) => flag),
]);

/** The parser leaves an unknown flag, and everything behind it, among the arguments. */
function unknownFlags(command: Command): Readonly<Record<string, string>> {
  const first = command.args.findIndex((argument) => argument.startsWith("-"));
  const [excess] = first === -1 ? command.args : command.args.slice(0, first);
  if (excess !== undefined) command.error(`error: unexpected argument '${excess}'`);
  const flags = command.args.filter((argument) => argument.startsWith("-"));
  return Object.fromEntries(flags.map((flag) => [flag.replace(/=.*/s, ""), ""]));
}
