import { basename } from "node:path";
import type { Command } from "commander";
import type { Entry } from "../core/command.ts";
import type { LogIndex } from "../core/ids.ts";
import { nodeDisk } from "../log/file/mod.ts";
import { checkFolder, type Finding, readFolder } from "../log/file/workshop/mod.ts";
import { ConfigError, loadConfig } from "../server/config.ts";
import { fileLoadOptions } from "./config-options.ts";
import { safeJson } from "./printable.ts";
import { writeOut } from "./stdout.ts";

/** The folder of a command: the named one, otherwise the configuration's. */
export function dataFolder(named: string | undefined, command: Command): string {
  if (named !== undefined) return named;
  const { data } = loadConfig(fileLoadOptions(command)).config;
  if (data.type === "folder") return data.path;
  throw new ConfigError(["data: memory has no folder to look at; name one"]);
}

/** Prints the contents of the folder and its problems. Returns the exit status. */
export async function checkLog(folder: string): Promise<number> {
  let problems = 0;
  for await (const finding of checkFolder(nodeDisk, folder)) {
    if (finding.type === "problem") problems += 1;
    process.stdout.write(`${findingLine(finding)}\n`);
  }
  process.stdout.write(problems === 0 ? "no problems\n" : `problems: ${problems}\n`);
  return problems === 0 ? 0 : 1;
}

export interface CatFlags {
  /** Absent: from the oldest entry on. */
  readonly from?: LogIndex;
  readonly json?: true;
}

/** Prints the entries of the log, one per line, until the reader stops. */
export async function printLog(folder: string, options: CatFlags): Promise<void> {
  try {
    for await (const lines of entryLines(folder, options)) await writeOut(Buffer.from(lines));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

async function* entryLines(folder: string, { from, json }: CatFlags): AsyncGenerator<string> {
  const lineOf = json ? safeJson : entryLine;
  for await (const entries of readFolder(nodeDisk, folder, from === undefined ? {} : { from })) {
    yield entries.map((entry) => `${lineOf(entry)}\n`).join("");
  }
}

export function findingLine(finding: Finding): string {
  const name = `${finding.type.padEnd(8)}  ${basename(finding.file)}`;
  switch (finding.type) {
    case "snapshot":
      return `${name}  the state at entry ${finding.index}: records ${finding.records}, bytes ${finding.bytes}`;
    case "segment": {
      const { firstIndex, lastIndex, times, records, bytes } = finding;
      if (times === undefined) return `${name}  empty, to begin with entry ${firstIndex}`;
      const span = `${isoTime(times.first)} to ${isoTime(times.last)}`;
      return `${name}  entries ${firstIndex} to ${lastIndex}, ${span}: records ${records}, bytes ${bytes}`;
    }
    case "torn":
      return `${name}  byte ${finding.offset}: ${finding.explanation}; never acknowledged, the next start cuts off its ${finding.bytes} bytes`;
    case "problem":
      return `${name}  byte ${finding.offset}: ${finding.explanation}`;
  }
}

export function entryLine({ index, at, command }: Entry): string {
  const { type, ...rest } = command;
  return `${index} ${isoTime(at)} ${type} ${safeJson(rest)}`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
