import { spawnSync } from "node:child_process";
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
    const fromMs = 2 * bootMs();
    for (let afterMs = fromMs; afterMs < fromMs + untilMs; afterMs += stepMs) {
      const fault = await hangUpAfter(afterMs);
      if (fault !== undefined) faults.push(`${Math.round(afterMs)} ms after the start: ${fault}`);
    }
    return { attack: this.name, faults: faults.slice(0, 3) };
  },
};

/** Before its first line a program cannot handle a signal. */
function bootMs(): number {
  const beganMs = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return performance.now() - beganMs;
}

async function hangUpAfter(afterMs: number): Promise<string | undefined> {
  using folder = createTemporaryFolder();
  const argv = ["serve", "--listen", "127.0.0.1:0", "--data", "data"];
  const server = startHoldfast({ argv, folder: folder.path });
  try {
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
