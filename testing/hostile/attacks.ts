import type { Attack } from "./attack.ts";
import { connectionAttacks } from "./attacks/connections.ts";
import { grpcAttacks } from "./attacks/grpc.ts";
import { httpAttacks } from "./attacks/http.ts";
import { http2Attacks } from "./attacks/http2.ts";
import { ldlmAttacks } from "./attacks/ldlm.ts";
import { locktopusAttacks } from "./attacks/locktopus.ts";
import { nexusAttacks } from "./attacks/nexus.ts";
import { softvisioAttacks } from "./attacks/softvisio.ts";
import { webSocketAttacks } from "./attacks/websocket.ts";

const single: readonly Attack[] = [
  ...locktopusAttacks,
  ...webSocketAttacks,
  ...softvisioAttacks,
  ...httpAttacks,
  ...ldlmAttacks,
  ...http2Attacks,
  ...grpcAttacks,
  ...nexusAttacks,
  ...connectionAttacks,
];

const together = [
  "one-byte-frames-1",
  "tiny-pings-unread-30",
  "publications-to-nobody",
  "pipelined-metrics",
  "rest-locks-of-many-names",
  "http2-rapid-reset",
  "grpc-waiters-cut",
  "storm-of-halves",
];

export const attacks: readonly Attack[] = [
  ...single,
  {
    name: "many-at-once",
    does: `all at once: ${together.join(", ")}`,
    async run(target) {
      const chosen = single.filter(({ name }) => together.includes(name));
      await Promise.all(chosen.map(({ run }) => run(target)));
    },
  },
];

/** Throws `RangeError` when there is none. */
export function attackNamed(name: string): Attack {
  const found = attacks.find((attack) => attack.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `no attack named ${name}; there are ${attacks.map((a) => a.name).join(", ")}`,
  );
}
