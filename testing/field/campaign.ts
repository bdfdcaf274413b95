/**
 * Clients as people have them against the real server, alone and behind proxies. A seed stands for a client; as many seeds
 * as there are clients are all of them. What is missing is installed from Debian, as root.
 */
import { join } from "node:path";
import type { Campaign } from "../campaigns/campaign.ts";
import { type FieldClient, fieldClients } from "./clients.ts";
import { type Front, fronts } from "./fronts.ts";
import { explanationOf, type Outcome, outcomeOf } from "./outcomes.ts";
import { installMissing, isThere } from "./packages.ts";
import { startServers } from "./servers.ts";

export const field: Campaign = {
  name: "field",
  countDefault: fieldClients.length,
  isAlone: true,
  async run({ firstSeed, count, progress }) {
    const clients = Array.from({ length: Math.min(count, fieldClients.length) }, (_, place) => {
      return fieldClients[(firstSeed + place) % fieldClients.length] as FieldClient;
    });
    installMissing([...clients, ...fronts]);
    await using servers = await startServers();
    const ca = join(servers.folder, "ca.crt");
    const cells = new Map<FieldClient, Record<string, string>>();
    const failures: string[] = [];
    let combinations = 0;
    for (const client of clients) cells.set(client, { client: client.name, API: client.api });
    for (const front of fronts) {
      if (!isThere(front)) continue;
      await using open = await front.open(servers);
      for (const client of clients) {
        if (!isThere(client)) continue;
        combinations += 1;
        const lock = `field-${combinations}`;
        const judged = judge(client, front, await outcomeOf(client, open, { ca, lock }));
        const row = cells.get(client);
        if (row !== undefined) row[front.name] = judged.cell;
        if (judged.failure !== undefined) failures.push(judged.failure);
        progress({ combinations });
      }
    }
    return { figures: { combinations }, failures, table: [...cells.values()] };
  },
};

interface Judged {
  readonly cell: string;
  readonly failure?: string;
}

/** What does not work must be explained, and what is explained must not work. */
function judge(client: FieldClient, front: Front, outcome: Outcome): Judged {
  const why = explanationOf(client, front);
  const which = `${client.name} behind ${front.name}`;
  if (outcome.type === "works") {
    if (why === undefined) return { cell: "yes" };
    return { cell: "yes", failure: `${which} works, against the explanation` };
  }
  const { reason } = outcome;
  if (why !== undefined) return { cell: `no: ${why}` };
  return { cell: `**no**: ${reason}`, failure: `${which}: ${reason}` };
}
