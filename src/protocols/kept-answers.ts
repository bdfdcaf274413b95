/**
 * Answers that are expensive to make and the same for all who ask, such as statistics: however many ask, each is
 * made at most once in `keptMs`.
 */
export interface KeptAnswers<Answer> {
  /**
   * The answer of this key: the last one, unless it is too old. A promised answer is shared by all who ask until
   * it is there, and its age counts from then. One that fails is not kept.
   */
  answerTo(key: string, make: () => Answer): Answer;
}

export interface KeptAnswersOptions {
  /** Monotonic. */
  nowMs(): number;
  readonly keptMs: number;
  /** Answers that are kept; the oldest makes room for the next. */
  readonly keysMax: number;
}

interface Kept<Answer> {
  readonly answer: Answer;
  untilMs: number;
}

export function createKeptAnswers<Answer>(options: KeptAnswersOptions): KeptAnswers<Answer> {
  const { nowMs, keptMs, keysMax } = options;
  /** The oldest comes first. */
  const all = new Map<string, Kept<Answer>>();

  function keep(key: string, kept: Kept<Answer>): void {
    all.delete(key);
    all.set(key, kept);
    const [oldest] = all.keys();
    if (all.size > keysMax && oldest !== undefined) all.delete(oldest);
  }

  /** Counts the age of a promised answer from now on. */
  async function settle(key: string, kept: Kept<Answer>): Promise<void> {
    try {
      await kept.answer;
      kept.untilMs = nowMs() + keptMs;
    } catch {
      if (all.get(key) === kept) all.delete(key);
    }
  }

  return {
    answerTo(key, make) {
      const known = all.get(key);
      if (known !== undefined && nowMs() < known.untilMs) return known.answer;
      const answer = make();
      const isPromised = answer instanceof Promise;
      const kept = { answer, untilMs: isPromised ? Infinity : nowMs() + keptMs };
      keep(key, kept);
      if (isPromised) void settle(key, kept);
      return answer;
    },
  };
}
