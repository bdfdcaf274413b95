import { type Step, silence } from "./conversation.ts";
import type { Judgement } from "./identity.ts";

/** The part of a talk whose peer is judged, now or later. */
export interface Judging<Said> {
  /** What the peer has said, while it waits for the promised judgement. */
  unjudged: Said | undefined;
}

/** Goes on with the judgement, at once or, if it is promised, in `nowJudged`. */
export function whenJudged<Said, Output>(
  talk: Judging<Said>,
  said: Said,
  judged: Judgement | Promise<Judgement>,
  admit: (said: Said, judgement: Judgement) => Step<Output>,
): Step<Output> {
  if (!(judged instanceof Promise)) return admit(said, judged);
  talk.unjudged = said;
  return { ...silence, jobs: [{ run: () => judged }] };
}

/** Takes the result of the job: the promised judgement. */
export function nowJudged<Said, Output>(
  talk: Judging<Said>,
  result: unknown,
  admit: (said: Said, judgement: Judgement) => Step<Output>,
): Step<Output> {
  const { unjudged } = talk;
  talk.unjudged = undefined;
  return unjudged === undefined ? silence : admit(unjudged, result as Judgement);
}
