/** The cheap clients of the campaign `field` that this machine has, with nothing in between and over TLS. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fieldClients } from "../testing/field/clients.ts";
import { fronts, type OpenFront } from "../testing/field/fronts.ts";
import { explanationOf, outcomeOf } from "../testing/field/outcomes.ts";
import { isThere } from "../testing/field/packages.ts";
import { type FieldServers, startServers } from "../testing/field/servers.ts";

const clients = fieldClients.filter(({ isCheap }) => isCheap);
const plain = fronts.filter(({ packages }) => packages.length === 0);

describe("clients as people have them", () => {
  let servers: FieldServers;
  before(async () => {
    servers = await startServers();
  });
  after(() => servers?.[Symbol.asyncDispose]());

  for (const [column, front] of plain.entries()) {
    describe(`behind ${front.name}`, { concurrency: 2 }, () => {
      let open: OpenFront;
      before(async () => {
        open = await front.open(servers);
      });
      after(() => open?.[Symbol.asyncDispose]());

      for (const [row, client] of clients.entries()) {
        const skip = !isThere(client) && `it is not here: ${client.packages.join(" ")}`;
        test(`${client.name} (${client.api})`, { skip }, async () => {
          const ca = join(servers.folder, "ca.crt");
          const lock = `field-${column}-${row}`;
          const outcome = await outcomeOf(client, open, { ca, lock });
          if (explanationOf(client, front) === undefined) {
            assert.deepEqual(outcome, { type: "works" });
          } else {
            assert.equal(outcome.type, "fails");
          }
        });
      }
    });
  }
});
