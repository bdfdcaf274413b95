import { createRandom } from "../history/random.ts";
import type { History } from "../linearizability/history.ts";
import type { LockOperation } from "../linearizability/locks/operation.ts";
import { playLdlm } from "./ldlm-client.ts";
import { playLocktopus } from "./locktopus-client.ts";
import { createPlay, operationsMin } from "./play.ts";
import type { ShakenServer } from "./shaken-server.ts";
import { createShaking } from "./shaking.ts";

/** What clients asked and heard while the server was shaken under them. */
export interface Recording {
  readonly seed: number;
  readonly history: History<LockOperation>;
  /** Kills and stops of the server, connections that were cut, and clients that slept. */
  readonly faults: number;
}

const locktopusClients = ["locktopus 1", "locktopus 2", "locktopus 3"] as const;
const ldlmClients = ["ldlm 1", "ldlm 2"] as const;

/**
 * Records one history for each seed, all at the same time on one server: each has locks of its own, and
 * all share what befalls the server. A seed decides what is asked, not when it comes about.
 */
export async function recordHistories(
  server: ShakenServer,
  seeds: readonly number[],
): Promise<readonly Recording[]> {
  const shaking = createShaking(server, createRandom(seeds[0] ?? 0), seeds.length * operationsMin);
  const plays = seeds.map((seed) => ({ seed, play: createPlay(server, seed, shaking) }));
  const clients = plays.flatMap(({ play }) => [
    ...locktopusClients.map((client) => playLocktopus(play, client)),
    ...ldlmClients.map((client) => playLdlm(play, client)),
  ]);
  const died = () => {
    for (const { play } of plays) play.recorder.died({ type: "crash" });
  };
  await Promise.all([...clients, shaking.shake(died)]);
  return plays.map(({ seed, play }) => {
    return { seed, history: play.recorder.history(), faults: play.faults + shaking.faults };
  });
}
