import { setNewest } from "./newest.ts";

/**
 * Answers that are expensive to make and the same for all who ask, such as statistics: however many ask, each is
 * made at most once in `keptMs`. A client that asks now and then gets a fresh one: an answer that was not asked for in a
 * while may be made a few times in a row.
 */
export interface KeptAnswers<Answer> {
  /**
   * The answer of this key: a new one, if one may be made, else the last. A promised answer is shared by all who ask
   * until it is there, and its time counts from then. One that fails is not kept.
   */
  answerTo(key: string, make: () => Answer): Answer;
}

export interface KeptAnswersOptions {
  /** Monotonic. */
  nowMs(): number;
  /** Time in which one more answer of a key may be made; 0: always. */
  readonly keptMs: number;
  /** How many may be made in a row; absent: eight. */
  readonly burst?: number;
  /** Answers that are kept; the oldest makes room for the next. */
  readonly keysMax: number;
}

interface Kept<Answer> {
  readonly answer: Answer;
  isPending: boolean;
  /** How many more could be made at `atMs`. */
  readonly allowance: number;
  atMs: number;
}

const burstDefault = 8;

export function createKeptAnswers<Answer>(options: KeptAnswersOptions): KeptAnswers<Answer> {
  const { nowMs, keptMs, keysMax, burst = burstDefault } = options;
  /** The oldest comes first. */
  const all = new Map<string, Kept<Answer>>();

  function allowanceOf({ allowance, atMs }: Kept<Answer>): number {
    return keptMs === 0 ? burst : Math.min(burst, allowance + (nowMs() - atMs) / keptMs);
  }

  /** Counts the time of a promised answer from now on. */
  async function settle(key: string, kept: Kept<Answer>): Promise<void> {
    try {
      await kept.answer;
      kept.isPending = false;
      kept.atMs = nowMs();
    } catch {
      if (all.get(key) === kept) all.delete(key);
    }
  }

  return {
    answerTo(key, make) {
      const known = all.get(key);
      if (known?.isPending === true) return known.answer;
      const allowance = known === undefined ? burst : allowanceOf(known);
      if (known !== undefined && allowance < 1) return known.answer;
      const answer = make();
      const isPromised = answer instanceof Promise;
      const kept = { answer, isPending: isPromised, allowance: allowance - 1, atMs: nowMs() };
      setNewest(all, key, kept, keysMax);
      if (isPromised) void settle(key, kept);
      return answer;
    },
  };
}
