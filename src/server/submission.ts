/**
 * Hands proposals to the log, in their order. While the log is full they go one append at a time, so that each can be
 * compared with the state that the one before it left:
 *
 *                   +--taken--> (applied by the replica)
 *   submit --append-+
 *                   +--full--> queue --+--takes something--> append --> refused, until there is room
 *                                      +--changes nothing--> answered at once
 *                                      +--renews too soon--> refused
 *                                      +--is needed--> append, from the reserve
 */
import { isTickDue, type State } from "../core/apply.ts";
import { type Command, givesBack, isRequested, type RequestedCommand } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import { durationMsMax } from "../core/limits.ts";
import { needOf } from "../core/need.ts";
import { type Log, Unavailable } from "../log/log.ts";
import type { Clock } from "./clock.ts";
import { subjectOf } from "./subject.ts";
import type { Timekeeper } from "./timekeeper.ts";

export interface SubmissionOptions {
  readonly state: State;
  readonly log: Log;
  readonly timekeeper: Timekeeper;
  readonly clock: Clock;
  /** Sends the outcome of a command that changes nothing. */
  answer(effect: Effect): void;
  /** Called once all outcomes of a turn have been sent. */
  answered(): void;
}

export type Refuse = (command: RequestedCommand, reason: string) => void;

export interface Proposal {
  readonly command: Command;
  /** Absent: nobody waits for the outcome. */
  readonly refuse: Refuse | undefined;
}

export interface Submission extends SubmissionOptions {
  /** Appends that the log has neither taken nor refused. */
  underWay: number;
  /** The log has refused something for want of room, and has taken nothing since. */
  isFull: boolean;
  /** Proposals that the log has refused, while other appends are under way. */
  returned: Proposal[];
  /** Proposals that wait for their turn while the log is full. */
  queue: Proposal[];
  /** Commands of the next append from the reserve; fewer while the reserve is short. */
  sizeMax: number;
  /** When each lock was renewed from the reserve, by its subject and the monotonic clock; the latest come last. */
  readonly renewedAtMs: Map<string, number>;
  /** The log has refused even what is needed; time stands still. */
  isHolding: boolean;
  /** The message of the last refusal. */
  reason: string;
  readonly retries: Set<() => void>;
  isStopped: boolean;
}

/** Commands of one append. The log accepts it or refuses it as a whole. */
const appendCommandsMax = 64;

/** Time between two renewals of one lock on a full disk; a holder that renews in a loop is refused meanwhile. */
const renewalsApartMs = 250;

/** Time between two tests whether a full disk has room again. */
const fullAgainMs = 1000;

/** Forgets nothing. A full disk refuses it, so that the test costs nothing of the reserve. */
const probe: Command = { type: "collect", idleMs: durationMsMax };

export function createSubmission(options: SubmissionOptions): Submission {
  return {
    ...options,
    underWay: 0,
    isFull: false,
    returned: [],
    queue: [],
    sizeMax: appendCommandsMax,
    renewedAtMs: new Map(),
    isHolding: false,
    reason: "",
    retries: new Set(),
    isStopped: false,
  };
}

export function submit(submission: Submission, proposals: readonly Proposal[]): void {
  if (submission.isFull) {
    for (const proposal of proposals) submission.queue.push(proposal);
    goOn(submission);
    return;
  }
  for (let from = 0; from < proposals.length; from += appendCommandsMax) {
    append(submission, proposals.slice(from, from + appendCommandsMax));
  }
}

/** The log is full: appends the next of what waits, once all that came before is applied. */
export function goOn(submission: Submission): void {
  const { state, log, isStopped, underWay, isFull } = submission;
  if (!isFull || isStopped || underWay > 0 || state.index < log.status().lastIndex) return;
  if (submission.returned.length > 0) {
    submission.queue = [...submission.returned, ...submission.queue];
    submission.returned = [];
  }
  const [first] = submission.queue;
  if (first === undefined) return;
  if (mustTick(submission, first)) appendFromReserve(submission, [tick]);
  else if (givesBack(first.command)) appendNeeded(submission);
  else appendTakers(submission);
}

export function stopSubmission(submission: Submission): void {
  submission.isStopped = true;
  for (const cancel of submission.retries) cancel();
}

function append(submission: Submission, proposals: readonly Proposal[]): void {
  hand(submission, proposals, undefined, () => {
    submission.returned.push(...proposals);
  });
}

/** Calls `refused` if the log has no room for them. */
function hand(
  submission: Submission,
  proposals: readonly Proposal[],
  use: "reserve" | undefined,
  refused: (error: Unavailable) => void,
): void {
  submission.underWay += 1;
  const commands = proposals.map(({ command }) => command);
  submission.log.append(commands, use).then(
    () => {
      submission.underWay -= 1;
      if (submission.isFull && !submission.isStopped) taken(submission);
    },
    (error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      submission.underWay -= 1;
      if (submission.isStopped) return;
      submission.isFull = true;
      submission.reason = error.message;
      refused(error);
      goOn(submission);
    },
  );
}

function taken(submission: Submission): void {
  const { log, timekeeper } = submission;
  submission.sizeMax = Math.min(appendCommandsMax, submission.sizeMax * 2);
  if (log.status().isFull) {
    if (submission.isHolding) lookAgain(submission, fullAgainMs);
    goOn(submission);
    return;
  }
  if (submission.isHolding) timekeeper.goOn();
  submission.isHolding = false;
  submission.isFull = false;
  submission.renewedAtMs.clear();
  const waiting = [...submission.returned, ...submission.queue];
  submission.returned = [];
  submission.queue = [];
  submit(submission, waiting);
}

const tick: Proposal = { command: { type: "tick" }, refuse: undefined };

/**
 * What is due must end first: until then the state does not tell what a command changes. Nothing is due before the
 * start of the node, which spares what came due while it was down.
 */
function mustTick({ state, timekeeper, isHolding }: Submission, { command }: Proposal): boolean {
  return !isHolding && command.type !== "start" && isTickDue(state, timekeeper.now());
}

/** The log refuses them at once, save for a try each second whether there is room again. */
function appendTakers(submission: Submission): void {
  const takers = takeWhile(submission, ({ command }) => !givesBack(command));
  hand(submission, takers, undefined, ({ message, retryAfterMs }) => {
    for (const proposal of takers) refuse(proposal, message);
    if (submission.isHolding) lookAgain(submission, retryAfterMs);
  });
}

/** Two commands that name the same thing do not go together, because the first may leave the second nothing to do. */
function appendNeeded(submission: Submission): void {
  const subjects = new Set<string>();
  const needed: Proposal[] = [];
  let isAnswered = false;
  takeWhile(submission, (proposal) => {
    const { command } = proposal;
    if (!givesBack(command) || needed.length >= submission.sizeMax) return false;
    const subject = subjectOf(command);
    if (subjects.has(subject)) return false;
    subjects.add(subject);
    if (isNeeded(submission, proposal)) needed.push(proposal);
    else isAnswered = true;
    return true;
  });
  if (isAnswered) submission.answered();
  if (needed.length > 0) appendFromReserve(submission, needed);
  else submission.clock.soon(() => goOn(submission));
}

/** Answers or refuses the command when it is not. */
function isNeeded(submission: Submission, proposal: Proposal): boolean {
  const { state, timekeeper, reason } = submission;
  const { command } = proposal;
  // Time stands still, and what is due cannot end.
  if (submission.isHolding && isTickDue(state, timekeeper.now())) return true;
  const need = needOf(state, command, timekeeper.now());
  if (need.type === "needless" && need.outcome !== undefined && isRequested(command)) {
    const { session, request } = command;
    submission.answer({ session, request, outcome: need.outcome });
  }
  if (need.type === "needless" || !isTooSoon(submission, command)) return need.type === "needed";
  refuse(proposal, `${reason} It was renewed a moment ago.`);
  return false;
}

/** Whether the command renews what was renewed a moment ago; notes the renewal if not. */
function isTooSoon({ renewedAtMs, clock }: Submission, command: Command): boolean {
  if (command.type !== "renew") return false;
  const nowMs = clock.nowMs();
  for (const [subject, atMs] of renewedAtMs) {
    if (nowMs - atMs < renewalsApartMs) break;
    renewedAtMs.delete(subject);
  }
  const subject = subjectOf(command);
  if (renewedAtMs.has(subject)) return true;
  renewedAtMs.set(subject, nowMs);
  return false;
}

function appendFromReserve(submission: Submission, proposals: readonly Proposal[]): void {
  hand(submission, proposals, "reserve", (error) => {
    submission.sizeMax = Math.max(1, Math.floor(proposals.length / 2));
    for (const { command } of proposals) submission.renewedAtMs.delete(subjectOf(command));
    const [proposal, ...others] = proposals;
    if (others.length > 0) submission.queue = [...proposals, ...submission.queue];
    else if (proposal !== undefined) holdOut(submission, proposal, error);
  });
}

/**
 * The log refuses even a command that is needed. Clients cannot renew, so no lease ends until it has room
 * again. A command without a waiting client must not be lost: it is proposed again later.
 */
function holdOut(submission: Submission, proposal: Proposal, error: Unavailable): void {
  const { command } = proposal;
  submission.isHolding = true;
  submission.timekeeper.hold();
  if (proposal.refuse !== undefined) refuse(proposal, error.message);
  else if (command.type !== "tick") submitAfter(submission, error.retryAfterMs, command);
  lookAgain(submission, error.retryAfterMs);
}

function refuse({ command, refuse }: Proposal, reason: string): void {
  if (isRequested(command)) refuse?.(command, reason);
}

/** Tests until the log has room again. */
function lookAgain(submission: Submission, ms: number): void {
  if (submission.retries.size === 0) submitAfter(submission, ms, probe);
}

function submitAfter(submission: Submission, ms: number, command: Command): void {
  const { retries, clock } = submission;
  const cancel = clock.after(ms, () => {
    retries.delete(cancel);
    submit(submission, [{ command, refuse: undefined }]);
  });
  retries.add(cancel);
}

/** Takes proposals from the queue up to the first that does not fit. */
function takeWhile(submission: Submission, fits: (proposal: Proposal) => boolean): Proposal[] {
  const { queue } = submission;
  const end = queue.findIndex((proposal, place) => place >= queueStepMax || !fits(proposal));
  return queue.splice(0, end < 0 ? queue.length : end);
}

/** Proposals that one step takes from the queue; answers to more than so many would keep others from their turn. */
const queueStepMax = 256;
