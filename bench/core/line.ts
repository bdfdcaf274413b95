import type { Acquire, Command } from "../../src/core/command.ts";
import type { SessionId } from "../../src/core/ids.ts";
import type { LineAnswer, LineCase } from "./case.ts";
import { createPlay, pathOf } from "./play.ts";
import { createStopwatch, laps, type Stopwatch } from "./stopwatch.ts";

interface Line {
  readonly number: number;
  /** The holder, then the waiters in order. */
  requests: Acquire[];
}

/** Steps of one kind that are timed together. */
const stepsMax = 1000;
/** A prime: lines that have their turn together were not made together. */
const lineStride = 7919;

/**
 * Names with a holder and a line of waiters each, everyone in a session of its own. Each round passes
 * locks on for some steps, then takes as many waiters out from all over the lines; who was first or
 * taken out joins again at the end.
 */
export function measureLine({ lines: lineCount, waiters, timing }: LineCase): LineAnswer {
  const play = createPlay();
  const lines = Array.from({ length: lineCount }, (_, number): Line => {
    const sessions = play.openSessions(waiters + 1);
    return { number, requests: sessions.map((session) => ask(session, number)) };
  });
  for (const { requests } of lines) for (const acquire of requests) play.apply(acquire);

  const linesPerRound = Math.min(lineCount, stepsMax);
  const stepsPerLine = Math.min(Math.floor(stepsMax / linesPerRound), waiters >> 1);
  let turns = 0;
  const enqueue = createStopwatch();
  const handOver = createStopwatch();
  const cancel = createStopwatch();

  function playRound(): void {
    const played = Array.from({ length: linesPerRound }, () => {
      turns += 1;
      return lines[(turns * lineStride) % lineCount] as Line;
    });
    exchange(handOver, played, ({ requests }) => requests.slice(0, stepsPerLine));
    exchange(cancel, played, ({ requests }) => spread(requests, stepsPerLine));
  }

  /** Lets the chosen ones release, and join again. */
  function exchange(
    watch: Stopwatch,
    played: readonly Line[],
    choose: (line: Line) => readonly Acquire[],
  ): void {
    const releases: Command[] = [];
    const joining: Command[] = [];
    for (const line of played) {
      const chosen = new Set(choose(line));
      const again = [...chosen].map(({ session }) => ask(session, line.number));
      line.requests = [...line.requests.filter((acquire) => !chosen.has(acquire)), ...again];
      for (const acquire of chosen) releases.push(play.release(acquire));
      joining.push(...again);
    }
    applyAll(watch, releases);
    applyAll(enqueue, joining);
  }

  function applyAll(watch: Stopwatch, commands: readonly Command[]): void {
    watch.time(commands.length, () => {
      for (const command of commands) play.apply(command);
    });
  }

  function ask(session: SessionId, number: number): Acquire {
    return play.acquire(session, pathOf("hot", number, 1));
  }

  return laps({ enqueue, handOver, cancel }, timing, playRound);
}

/** So many waiters, from all over the line; not the holder. */
function spread(requests: readonly Acquire[], count: number): readonly Acquire[] {
  const stride = Math.floor((requests.length - 1) / count);
  return Array.from({ length: count }, (_, step) => requests[1 + step * stride] as Acquire);
}
