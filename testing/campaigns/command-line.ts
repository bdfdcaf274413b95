import { Command, InvalidArgumentError } from "commander";

/** The command line of a tool. As with the server, a mistake on it ends the process with status 2. */
export function commandLine(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

export function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 2 ** 30) return count;
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}

export function readSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError("A seed is a whole number.");
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `10m` is 600. */
export function readSeconds(text: string): number {
  const [, count, unit] = /^([1-9]\d*)([smh])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit ?? ""];
  if (seconds !== undefined) return Number(count) * seconds;
  throw new InvalidArgumentError("A time is written like 30s, 10m or 2h.");
}
