import type { Logger } from "pino";
import { apis } from "../apis/mod.ts";
import { adminSocketPath, apiSettings, type Config } from "../config.ts";
import type { World } from "../world.ts";
import { type AdminApiOptions, createAdminApi } from "./api.ts";
import type { AdminSocket } from "./socket.ts";

export { createOperator, type Operator } from "./operator.ts";

export interface AdminOptions
  extends Omit<
    AdminApiOptions,
    "clock" | "newSecret" | "defaultNamespace" | "areApiTokensRequired"
  > {
  readonly config: Config;
  readonly world: World;
  readonly logger: Logger;
}

/**
 * Opens the operators' unix socket, if the configuration has one. A failure is only logged, because the
 * server can serve its clients without the socket.
 */
export async function openAdmin(options: AdminOptions): Promise<AdminSocket> {
  const { config, world, logger } = options;
  const path = adminSocketPath(config);
  if (path === undefined) return closed;
  try {
    const defaultNamespace = config.ldlm.namespace;
    const handle = createAdminApi({
      ...options,
      clock: world.clock,
      newSecret: world.newSecret,
      defaultNamespace,
      areApiTokensRequired: apis.some(
        ({ name, guard }) => guard?.proof(apiSettings(config, name))?.type === "api_token",
      ),
    });
    const socket = await world.openAdminSocket({ path, handle });
    logger.info({ adminSocket: path }, "listening for operators");
    return socket;
  } catch (error) {
    const reason = (error as Error).message;
    logger.warn(
      { adminSocket: path },
      `adminSocket: ${reason}; holdfast locks, unlock, sessions, kick, token and users will not work, set it to another path or to off`,
    );
    return closed;
  }
}

const closed: AdminSocket = { close: () => Promise.resolve() };
