import assert from "node:assert/strict";
import { lock, release } from "../../../test/conformance/locktopus/connection.cases.ts";
import { mountSmallDisk, reasonNotToMount } from "../../faults/mounted-disk.ts";
import { connectLocktopus } from "../../locktopus-peer.ts";
import { connectSoftvisio, type SoftvisioReply } from "../../softvisio-peer.ts";
import type { Row } from "../bounds.ts";
import { openRest, type RestClient } from "../rest.ts";
import { startServer, within } from "../server.ts";

/** More long ones than fit into the reserve of a log, and short ones for the room that is left then. */
const lengths: readonly number[] = [...Array(4000).fill(1000), ...Array(300).fill(1)];
const answerMsMax = 10_000;

/** On a full disk, what gives back nothing leaves the reserve to those who hold something. */
export const fullDisk = {
  name: "unlocks-on-a-full-disk",
  async run(): Promise<Row> {
    const reason = reasonNotToMount();
    if (reason !== false) return { attack: this.name, faults: [`not tried: ${reason}`] };
    using disk = mountSmallDisk(16);
    await using server = await startServer(disk.path, []);
    const { port } = server;
    const holder = await connectSoftvisio(port);
    const { result } = await holder.call("/v1/mutexes/lock", "held");
    const owner = await openOwner(port);
    const { text: granted } = await owner.ask("POST", "/v1/lock", { name: "mine" });
    const stranger = await openOwner(port);
    disk.fill();
    await writeUntilRefused(port);
    await giveBackNothing(port, stranger);

    const faults: string[] = [];
    const unlocked = await holder.call("/v1/mutexes/unlock", "held", result?.data);
    if (unlocked.result?.data !== true) faults.push(`the holder's unlock: ${told(unlocked)}`);
    const mine = { name: "mine", key: JSON.parse(granted).key };
    const { text } = await owner.ask("POST", "/v1/unlock", mine);
    if (!text.includes('"unlocked":true')) faults.push(`the owner's unlock: ${text.slice(0, 80)}`);
    disk.free();
    if (!(await takesAgain(owner)))
      faults.push("the server takes nothing when there is room again");
    for (const client of [owner, stranger]) client.close();
    holder.close();
    return { attack: this.name, peakMiB: server.memory.peakMiB, faults };
  },
};

async function openOwner(port: number): Promise<RestClient> {
  const opening = openRest({ port });
  const { cookie = "" } = await opening.ask("POST", "/session");
  opening.close();
  return openRest({ port, cookie });
}

function told({ error }: SoftvisioReply): string {
  return error === undefined ? "false" : `${error.code} ${error.message}`;
}

/** Uses up what the log has set aside for changes that take. */
async function writeUntilRefused(port: number): Promise<void> {
  const paths = Array.from({ length: 900 }, (_, place) => `read ${place}-${"x".repeat(1000)}`);
  const peer = await connectLocktopus(port, "namespace=large&abandon-timeout-ms=0");
  for (let mebibytes = 0; mebibytes < 6; mebibytes += 1) {
    peer.send(lock(...paths));
    peer.send(release);
  }
  const { code } = await within(answerMsMax, peer.closed);
  assert.equal(code, 3000, "the disk is not full");
}

/** One after the other, because what comes together shares an append, and so its room. */
async function giveBackNothing(port: number, session: RestClient): Promise<void> {
  const stranger = await connectSoftvisio(port);
  const key = crypto.randomUUID();
  for (const [count, length] of lengths.entries()) {
    const name = `${count}${"n".repeat(length)}`;
    const asking = [
      () => stranger.call("/v1/mutexes/unlock", name, key),
      () => session.ask("POST", "/v1/unlock", { name, key }),
      () => session.ask("POST", "/v1/renew", { name, key, lock_timeout_seconds: 60 }),
    ][count % 3];
    await within<unknown>(answerMsMax, asking?.() ?? Promise.reject());
  }
  stranger.close();
}

async function takesAgain(owner: RestClient): Promise<boolean> {
  const untilMs = performance.now() + answerMsMax;
  while (performance.now() < untilMs) {
    const { status } = await owner.ask("POST", "/v1/lock", { name: "room" });
    if (status === 200) return true;
  }
  return false;
}
