/** `holdfast token`: tokens for programs that use APIs with required tokens. */
import type { Command } from "commander";
import type { ListedApiToken } from "../core/api-tokens/api-tokens.ts";
import { askServer } from "./admin-client.ts";
import { change, print, reaching, type Status, socketFor, whoAmI } from "./admin-command.ts";
import { safeJson, tableOf, textShown } from "./printable.ts";
import { writeOut } from "./stdout.ts";

export function addTokens(program: Command, status: Status): void {
  const token = program.command("token").description("Create, list and revoke API tokens.");
  addCreate(token, status);
  addList(token);
  addRevoke(token, status);
}

function addCreate(token: Command, status: Status): void {
  const command = token
    .command("create")
    .description("Create a token and print it, which is never done again.")
    .argument("<NAME>", "What people call it; no two have the same name.");
  reaching(command).action(async (name: string) => {
    const body = { name, by: whoAmI() };
    await change(status, async () => {
      const answer = await askServer(socketFor(command), "/admin/v1/tokens/create", body);
      await hand(answer as Created);
    });
  });
}

interface Created {
  readonly id: string;
  readonly token: string;
  /** Whether any API requires a token. */
  readonly isRequired: boolean;
}

/** Only the token goes to stdout, so that a shell can capture it. */
async function hand({ id, token, isRequired }: Created): Promise<void> {
  try {
    await writeOut(Buffer.from(`${token}\n`));
  } catch (cause) {
    throw new Error(`nobody has read the token, revoke it: holdfast token revoke ${id}`, { cause });
  }
  process.stderr.write("It is shown this once: only its hash is kept.\n");
  if (!isRequired) {
    process.stderr.write("note: no API asks for tokens: set softvisio.requireToken\n");
  }
}

interface ToldTokens {
  readonly tokens: readonly ListedApiToken[];
}

function addList(token: Command): void {
  const command = token
    .command("list")
    .description("List the tokens, the oldest first; their texts are not known.")
    .option("--json", "Print JSON: times are Unix time in milliseconds.");
  reaching(command).action(async ({ json }: { readonly json?: true }) => {
    const answer = await askServer(socketFor(command), "/admin/v1/tokens");
    await print(json ? `${safeJson(answer)}\n` : tokensTable(answer as ToldTokens));
  });
}

function tokensTable({ tokens }: ToldTokens): string {
  if (tokens.length === 0) return "No tokens found\n";
  const rows = tokens.map(({ id, name, createdAt, createdBy }) => [
    textShown(id),
    textShown(name),
    new Date(createdAt).toISOString(),
    textShown(createdBy),
  ]);
  return tableOf([["ID", "NAME", "CREATED", "BY"], ...rows]);
}

function addRevoke(token: Command, status: Status): void {
  const command = token
    .command("revoke")
    .description("Revoke a token: what bears it is let in no more.")
    .argument("<ID_OR_NAME>", "The token, as `token list` shows it; an id comes before a name.");
  reaching(command).action(async (said: string) => {
    const body = { token: said, by: whoAmI() };
    await change(status, async () => {
      await askServer(socketFor(command), "/admin/v1/tokens/revoke", body);
      await print("Revoked: true\n");
    });
  });
}
