import type { Attack } from "./attack.ts";
import { connectionAttacks } from "./attacks/connections.ts";
import { grpcAttacks } from "./attacks/grpc.ts";
import { httpAttacks } from "./attacks/http.ts";
import { http2Attacks } from "./attacks/http2.ts";
import { locktopusAttacks } from "./attacks/locktopus.ts";
import { softvisioAttacks } from "./attacks/softvisio.ts";
import { webSocketAttacks } from "./attacks/websocket.ts";

export const attacks: readonly Attack[] = [
  ...locktopusAttacks,
  ...webSocketAttacks,
  ...softvisioAttacks,
  ...httpAttacks,
  ...http2Attacks,
  ...grpcAttacks,
  ...connectionAttacks,
];

/** Throws `RangeError` when there is none. */
export function attackNamed(name: string): Attack {
  const found = attacks.find((attack) => attack.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `no attack named ${name}; there are ${attacks.map((a) => a.name).join(", ")}`,
  );
}
