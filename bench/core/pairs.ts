import type { Command } from "../../src/core/command.ts";
import type { SessionId } from "../../src/core/ids.ts";
import type { PairsAnswer, PairsCase } from "./case.ts";
import { createPlay, type Play, pathOf } from "./play.ts";
import { createStopwatch, laps } from "./stopwatch.ts";

/** Clients who lock and release, in turn. */
const clientsMax = 1000;
/** Clients who hold the other locks, each as many. */
const holdersMax = 10_000;

/** Pairs whose commands are made before they are timed: some kilobytes, as a batch of a server. */
const pairsPerRound = 1000;

export function measurePairs({ held, depth, names, timing }: PairsCase): PairsAnswer {
  const play = createPlay();
  hold(play, held, depth);
  const clients = play.openSessions(clientsMax);
  // What the making of the others has left behind is not theirs to pay for.
  globalThis.gc?.();
  let number = 0;

  function nextPair(): readonly Command[] {
    number += 1;
    const session = clients[number % clients.length] as SessionId;
    const name = names === "new" ? number : number % clients.length;
    const acquire = play.acquire(session, pathOf("own", name, depth));
    return [acquire, play.release(acquire)];
  }

  const pair = createStopwatch();
  return laps({ pair }, timing, () => {
    const commands = Array.from({ length: pairsPerRound }, nextPair).flat();
    pair.time(pairsPerRound, () => {
      for (const command of commands) play.apply(command);
    });
  });
}

/** Makes so many locks be held, spread over many sessions. */
export function hold(play: Play, count: number, depth: number): void {
  const holders = play.openSessions(Math.min(count, holdersMax));
  for (let number = 0; number < count; number += 1) {
    const holder = holders[number % holders.length] as SessionId;
    play.apply(play.acquire(holder, pathOf("held", number, depth)));
  }
}
