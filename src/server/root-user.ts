import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { State } from "../core/apply.ts";
import type { PasswordRecord } from "../core/command.ts";
import type { JsonText, UserName } from "../core/ids.ts";
import { rootPrefix } from "../core/users/tags.ts";
import type { Operator } from "./admin/admin.ts";
import type { Passwords } from "./identity/passwords.ts";

export interface RootUserOptions {
  readonly state: Pick<State, "users">;
  readonly operator: Operator;
  readonly passwords: Pick<Passwords, "recordOf">;
  readonly logger: Logger;
  newSecret(): string;
  /** Its text is the password; `undefined`: a random one. */
  readonly passwordFile: string | undefined;
}

const root = "root" as UserName;
const by = "the first start";

/**
 * Makes the user `root`, who may do everything, unless there are users already. Returns the password if it is a random
 * one: nobody can find it out later. Rejects if the log does not take it.
 */
export async function makeRoot(options: RootUserOptions): Promise<string | undefined> {
  const { state, operator, passwords, logger, newSecret, passwordFile } = options;
  if (state.users.byName.size > 0) return undefined;
  const given = passwordFile === undefined ? undefined : passwordIn(passwordFile);
  const password = given ?? newSecret();
  const record = await passwords.recordOf(password);
  try {
    await make(operator, record);
  } catch (error) {
    // Such as on a full disk, which must not keep the server from serving.
    logger.warn({ err: error }, "the user root was not made; the next start tries again");
    return undefined;
  }
  logger.info({ user: root }, "made the first user");
  return given === undefined ? password : undefined;
}

async function make(operator: Operator, password: PasswordRecord): Promise<void> {
  const tags = [["@admin", "true" as JsonText]] as const;
  const made = await operator.ask({ type: "create_user", user: root, password, by });
  if (made.type === "rejected") throw new Error(made.reason);
  for (const change of [
    { type: "set_tags", prefix: rootPrefix, tags },
    { type: "set_sessions_max", sessionsMax: 0 },
  ] as const) {
    await operator.ask({ type: "change_user", user: root, change, by });
  }
}

/** Without the end of its line. */
function passwordIn(path: string): string {
  const password = readFileSync(path, "utf8").replace(/\r?\n$/, "");
  if (password === "") throw new Error(`${path}, the file with root's password, is empty`);
  return password;
}
