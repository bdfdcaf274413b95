/** The commands for operators of a running server, which they reach through its unix socket. */
import { type Command, InvalidArgumentError } from "commander";
import type { Path } from "../core/command.ts";
import type { Holder } from "../core/locks/listing.ts";
import { type AdminRefusal, askServer } from "./admin-client.ts";
import { change, print, reaching, type Status, socketFor, whoAmI } from "./admin-command.ts";
import { locksTable, sessionsTable, type ToldLocks, type ToldSessions } from "./admin-tables.ts";
import { safeJson } from "./printable.ts";

export function addAdmin(program: Command, status: Status): void {
  addLocks(program);
  addUnlock(program, status);
  addSessions(program);
  addKick(program, status);
}

interface ListFlags {
  readonly limit?: number;
  readonly json?: true;
}

function addLocks(program: Command): void {
  const command = program
    .command("locks")
    .description("List who holds and who waits for which lock; lock keys are shown.")
    .option("--prefix <PREFIX>", "Only names, or first segments of paths, that begin so.")
    .option("--namespace <NAMESPACE>", "Only those of this namespace.");
  listing(command).action(
    async (options: ListFlags & { readonly prefix?: string; readonly namespace?: string }) => {
      const { prefix, namespace, limit } = options;
      const query = queryOf({ prefix, namespace, limit });
      const answer = await askServer(socketFor(command), `/admin/v1/locks${query}`);
      await print(options.json ? `${safeJson(answer)}\n` : locksTable(answer as ToldLocks));
    },
  );
}

function addSessions(program: Command): void {
  const command = program
    .command("sessions")
    .description("List the sessions of clients, with what each of them holds and waits for.");
  listing(command).action(async (options: ListFlags) => {
    const { limit } = options;
    const answer = await askServer(socketFor(command), `/admin/v1/sessions${queryOf({ limit })}`);
    await print(options.json ? `${safeJson(answer)}\n` : sessionsTable(answer as ToldSessions));
  });
}

interface UnlockFlags {
  readonly namespace?: string;
  readonly path?: Path;
  readonly token?: number;
  readonly any?: true;
}

function addUnlock(program: Command, status: Status): void {
  const command = program
    .command("unlock")
    .description("Take a lock away from its holder; the next waiter gets it at once.")
    .argument("[NAME]", "The lock; with --path there is none, and the KEY is the first argument.")
    .argument("[KEY]", "The key of the one holder that is meant.")
    .option(
      "--path <JSON>",
      "A lock as `locks` shows it when its name is no plain word.",
      parsePath,
    )
    .option("--namespace <NAMESPACE>", "Where the lock is; default: where those of LDLM are.")
    .option("--token <NUMBER>", "The token of the one holder that is meant.", parseNumber)
    .option("--any", "When several hold it, take it from the one that was granted it last.");
  reaching(command).action(
    async (first: string | undefined, second: string | undefined, options: UnlockFlags) => {
      const { namespace, token, any } = options;
      const { path, key } = lockMeant(command, options.path, first, second);
      const body = { path, key, namespace, token, any, by: whoAmI() };
      const ask = async () => {
        await askServer(socketFor(command), "/admin/v1/unlock", body);
        await print("Unlocked: true\n");
      };
      await change(status, ask, refusalText);
    },
  );
}

/** Exits with a usage error when the arguments name no lock, or two. */
function lockMeant(
  command: Command,
  path: Path | undefined,
  first: string | undefined,
  second: string | undefined,
): { readonly path: Path; readonly key: string | undefined } {
  if (path === undefined) {
    if (first === undefined) command.error("error: NAME is missing, and there is no --path");
    return { path: [first], key: second };
  }
  if (second !== undefined) command.error("error: with --path there is no NAME");
  return { path, key: first };
}

function addKick(program: Command, status: Status): void {
  const command = program
    .command("kick")
    .description("End a session: its locks are released, and its client gets an error.")
    .argument("<ID>", "The session, as `sessions` shows it.");
  reaching(command).action(async (session: string) => {
    const body = { session, by: whoAmI() };
    await change(status, async () => {
      await askServer(socketFor(command), "/admin/v1/kick", body);
      await print("Kicked: true\n");
    });
  });
}

interface SeveralHolders {
  /** At most a hundred. */
  readonly holders: readonly Holder[];
  readonly now: number;
}

function refusalText({ message, facts }: AdminRefusal): string {
  if (facts.code !== "several_holders") return `${message}\n`;
  const { holders, now } = facts as unknown as SeveralHolders;
  const table = locksTable({ locks: holders, isCut: false, now });
  return `${message}; give the KEY or the --token of one, or --any for the last of them\n${table}`;
}

function listing(command: Command): Command {
  return reaching(command)
    .option("--limit <NUMBER>", "List so many at most; default: 1000.", parseNumber)
    .option("--json", "Print JSON: times are Unix time in milliseconds.");
}

function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return `?${query}`;
}

function parsePath(text: string): Path {
  const path = parsedJson(text);
  if (Array.isArray(path) && path.every((segment) => typeof segment === "string")) return path;
  throw new InvalidArgumentError('It is a JSON array of strings, such as ["a","b"].');
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseNumber(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text))
    throw new InvalidArgumentError("It is a whole number from 1 on.");
  return Number(text);
}
