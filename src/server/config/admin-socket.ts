import { join } from "node:path";
import type { Config } from "./schema.ts";

/** The path of the operators' socket; `undefined` without one. */
export function adminSocketPath({
  adminSocket,
  data,
}: Pick<Config, "adminSocket" | "data">): string | undefined {
  if (adminSocket?.type === "path") return adminSocket.path;
  if (adminSocket?.type === "off" || data.type === "memory") return undefined;
  return join(data.path, "admin.sock");
}
