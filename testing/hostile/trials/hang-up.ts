import { untilCaught } from "../../caught-signals.ts";
import { startHoldfast } from "../../holdfast-process.ts";
import { createTemporaryFolder } from "../../temporary-folder.ts";
import type { Row } from "../bounds.ts";
import { endsWithin, within } from "../server.ts";

const stepMs = 20;
const untilMs = 500;
const listenMsMax = 20_000;

/** SIGHUP at every moment of a start, from the first line of the program on: the server starts all the same. */
export const hangUp = {
  name: "sighup-at-start",
  async run(): Promise<Row> {
    const faults: string[] = [];
    for (let afterMs = 0; afterMs < untilMs; afterMs += stepMs) {
      const fault = await hangUpAfter(afterMs);
      if (fault !== undefined) faults.push(`${afterMs} ms after the first line: ${fault}`);
    }
    return { attack: this.name, faults: faults.slice(0, 3) };
  },
};

async function hangUpAfter(afterMs: number): Promise<string | undefined> {
  using folder = createTemporaryFolder();
  const argv = ["serve", "--listen", "127.0.0.1:0", "--data", "data"];
  const server = startHoldfast({ argv, folder: folder.path });
  try {
    await untilCaught(server.pid, "SIGHUP");
    await endsWithin(afterMs, server);
    server.kill("SIGHUP");
    await within(listenMsMax, server.logged("listening"));
    return undefined;
  } catch (error) {
    return (error as Error).message.slice(0, 100);
  } finally {
    server.kill("SIGKILL");
    await server.ended;
  }
}
