import { isClassicKey } from "../src/server/config/listen-addresses.ts";
import { settings } from "../src/server/config.ts";

/** The flags with the addresses of the classic ports of all APIs. */
export const classicFlags: readonly string[] = settings
  .filter(({ key }) => isClassicKey(key))
  .map(({ flag }) => flag);

/** Opens each classic port at any free one. */
export const freeClassicPorts: Readonly<Record<string, string>> = {
  "--classic-ports": "true",
  ...Object.fromEntries(classicFlags.map((flag) => [flag, "127.0.0.1:0"])),
};
