/** `holdfast users`: who may do what. */
import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import type { ListedUser } from "../server/admin/users.ts";
import { askServer } from "./admin-client.ts";
import { change, print, reaching, type Status, socketFor, whoAmI } from "./admin-command.ts";
import { safeJson, tableOf, textShown } from "./printable.ts";
import { writeOut } from "./stdout.ts";

export function addUsers(program: Command, status: Status): void {
  const users = program
    .command("users")
    .description("List, create and change users, and their rights.");
  addList(users);
  addCreate(users, status);
  addPassword(users, status);
  const simple = (name: string, description: string, path: string, done: string) => {
    const command = users.command(name).description(description).argument("<USER>", "The user.");
    reaching(command).action((user: string) => ask(command, status, path, { user }, done));
  };
  simple("delete", "Delete a user: its sessions lose their rights.", "delete", "Deleted");
  addRename(users, status);
  addTags(users, status);
  addLists(users, status);
  addMaxSessions(users, status);
  addDisabled(users, status);
}

async function ask(
  command: Command,
  status: Status,
  path: string,
  body: object,
  done: string,
): Promise<void> {
  await change(status, async () => {
    await askServer(socketFor(command), `/admin/v1/users/${path}`, { ...body, by: whoAmI() });
    await print(`${done}: true\n`);
  });
}

function addList(users: Command): void {
  const command = users
    .command("list")
    .description("List the users by name.")
    .option("--prefix <PREFIX>", "Only this user, and those below it: amy, and amy.phone.")
    .option("--json", "Print JSON: times are Unix time in milliseconds.");
  reaching(command).action(async ({ prefix, json }: { prefix?: string; json?: true }) => {
    const query = prefix === undefined ? "" : `?${new URLSearchParams({ prefix })}`;
    const answer = await askServer(socketFor(command), `/admin/v1/users${query}`);
    await print(json ? `${safeJson(answer)}\n` : usersTable(answer as ToldUsers));
  });
}

interface ToldUsers {
  readonly users: readonly ListedUser[];
}

function usersTable({ users }: ToldUsers): string {
  if (users.length === 0) return "No users found\n";
  const rows = users.map(({ name, isDisabled, sessionsMax, templates, createdAt, tags }) => [
    textShown(name),
    isDisabled ? "disabled" : "enabled",
    sessionsMax === 0 ? "any" : String(sessionsMax),
    templates.length === 0 ? "-" : templates.map(textShown).join(", "),
    new Date(createdAt).toISOString(),
    safeJson(tags),
  ]);
  const heading = ["USER", "STATE", "SESSIONS", "TEMPLATES", "CREATED", "TAGS"];
  return tableOf([heading, ...rows]);
}

interface PasswordFlags {
  readonly passwordFile?: string;
}

const passwordOption = [
  "--password-file <FILE>",
  "The file with the password, `-` for stdin; without it a random password is printed, once.",
] as const;

function addCreate(users: Command, status: Status): void {
  const command = users
    .command("create")
    .description("Create a user without any rights.")
    .argument("<USER>", "The name, in lower case: 3 to 500 bytes without white space.")
    .option(...passwordOption);
  reaching(command).action((user: string, flags: PasswordFlags) =>
    askWithPassword(command, status, "create", user, flags),
  );
}

function addPassword(users: Command, status: Status): void {
  const command = users
    .command("password")
    .description("Give a user another password.")
    .argument("<USER>", "The user.")
    .option(...passwordOption);
  reaching(command).action((user: string, flags: PasswordFlags) =>
    askWithPassword(command, status, "password", user, flags),
  );
}

/** Only a random password goes to stdout, so that a shell can capture it. */
async function askWithPassword(
  command: Command,
  status: Status,
  path: string,
  user: string,
  { passwordFile }: PasswordFlags,
): Promise<void> {
  const given = passwordFile === undefined ? {} : { password: passwordIn(passwordFile) };
  await change(status, async () => {
    const body = { user, ...given, by: whoAmI() };
    const answer = await askServer(socketFor(command), `/admin/v1/users/${path}`, body);
    const { password } = answer as { readonly password?: string };
    if (password === undefined) return;
    await writeOut(Buffer.from(`${password}\n`));
    process.stderr.write("It is shown this once: only its hash is kept.\n");
  });
}

/** Without the end of its line. */
function passwordIn(file: string): string {
  return readFileSync(file === "-" ? 0 : file, "utf8").replace(/\r?\n$/, "");
}

function addRename(users: Command, status: Status): void {
  const command = users
    .command("rename")
    .description("Rename a user; templates of others go on to name the old one.")
    .argument("<USER>", "The user.")
    .argument("<NEW>", "Its new name.");
  reaching(command).action((user: string, newName: string) =>
    ask(command, status, "rename", { user, newName }, "Renamed"),
  );
}

function addTags(users: Command, status: Status): void {
  const set = users
    .command("set-tags")
    .description("Add tags at a prefix; those that allow a method begin with @.")
    .argument("<USER>", "The user.")
    .argument("<PREFIX>", "Where they hold; `.` is everywhere.")
    .argument("<TAGS>", 'A JSON object, such as {"@sync.lock":true}.', parseTags);
  reaching(set).action((user: string, prefix: string, tags: object) =>
    askChange(set, status, user, { type: "set_tags", prefix, tags }),
  );
  const remove = users
    .command("delete-tags")
    .description("Remove tags at a prefix.")
    .argument("<USER>", "The user.")
    .argument("<PREFIX>", "Where they hold.")
    .argument("<NAME...>", "The names of the tags.");
  reaching(remove).action((user: string, prefix: string, names: readonly string[]) => {
    const tags = Object.fromEntries(names.map((name) => [name, null]));
    return askChange(remove, status, user, { type: "delete_tags", prefix, tags });
  });
}

function parseTags(text: string): object {
  const tags = parsed(text);
  if (typeof tags === "object" && tags !== null && !Array.isArray(tags)) return tags;
  throw new InvalidArgumentError('It is a JSON object, such as {"@admin":true}.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function addLists(users: Command, status: Status): void {
  for (const [list, item, what] of [
    ["templates", "USER", "a user whose tags it has, too"],
    ["whitelist", "PATTERN", "addresses from which it may log in whatever the blacklist says"],
    ["blacklist", "PATTERN", "addresses from which it may not log in"],
  ] as const) {
    for (const type of ["add", "remove"] as const) {
      const name = `${type}-${list === "templates" ? "template" : list}`;
      const command = users
        .command(name)
        .description(`${type === "add" ? "Add" : "Remove"} ${what}.`)
        .argument("<USER>", "The user.")
        .argument(`<${item}>`, "Such as 192.0.2.7, 192.0.2.0/24 or 192.0.*.");
      reaching(command).action((user: string, given: string) =>
        askChange(command, status, user, { type, list, item: given }),
      );
    }
  }
}

function addMaxSessions(users: Command, status: Status): void {
  const command = users
    .command("max-sessions")
    .description("Say how many sessions a user may have at once.")
    .argument("<USER>", "The user.")
    .argument("<NUMBER>", "So many; 0: any number.", parseCount);
  reaching(command).action((user: string, sessionsMax: number) =>
    askChange(command, status, user, { type: "set_sessions_max", sessionsMax }),
  );
}

function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 0 on.");
}

function addDisabled(users: Command, status: Status): void {
  for (const [name, isDisabled, description] of [
    ["disable", true, "Keep a user from logging in; its sessions lose their rights."],
    ["enable", false, "Let a user log in again."],
  ] as const) {
    const command = users.command(name).description(description).argument("<USER>", "The user.");
    reaching(command).action((user: string) =>
      askChange(command, status, user, { type: "set_disabled", isDisabled }),
    );
  }
}

function askChange(command: Command, status: Status, user: string, made: object): Promise<void> {
  return ask(command, status, "change", { user, change: made }, "Changed");
}
