import { apply, isTickDue, nextDeadline, type State } from "../core/apply.ts";
import type { Command, Entry, Start } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { LogIndex } from "../core/ids.ts";
import type { Notice } from "../core/notice.ts";
import type { Log } from "../log/log.ts";
import { type Clock, timerMsMax } from "./clock.ts";
import { prolonged } from "./prolonged.ts";
import {
  createSubmission,
  goOn,
  type Proposal,
  type Refuse,
  stopSubmission,
  submit,
} from "./submission.ts";
import type { Timekeeper } from "./timekeeper.ts";

/**
 * This node's copy of the state machine, and the only way to it:
 *
 *   propose --appends of a turn--> log --entries--> apply --effects--> deliver
 *      ^                                              |
 *      +------------------- tick <--- timer <---------+ next deadline
 */
export interface Replica {
  /** Read it, and only between two entries, as callbacks of the replica do. */
  readonly state: State;
  /**
   * Hands the commands to the log, together with all others of this turn of the event loop. Calls `refuse`
   * for each command with a waiting client that the log will never accept.
   */
  propose(commands: readonly Command[], refuse?: Refuse): void;
  /** Resolves when the entry has been applied here. */
  applied(index: LogIndex): Promise<void>;
  /**
   * Proposes that this run of the node starts. Resolves with the index of that very entry once it has been
   * applied here; other nodes may have appended theirs before it.
   */
  begin(start: Start): Promise<LogIndex>;
  /** Proposes and applies nothing from now on. */
  stop(): Promise<void>;
  /** Rejects with the bug or the failure of the log that stopped the replica. */
  readonly failed: Promise<never>;
}

export type { Refuse } from "./submission.ts";

export interface ReplicaOptions {
  readonly state: State;
  readonly log: Log;
  readonly timekeeper: Timekeeper;
  readonly clock: Clock;
  deliver(effect: Effect): void;
  /** Sends the outcome of a command that has no entry, because it changes nothing and the log is full. */
  answer(effect: Effect): void;
  /** Called with the notices of a batch, once all its effects have been delivered. */
  notice(notice: Notice): void;
  /** The replica has applied entries for much longer than a turn has room for: so many ms. Absent: nobody minds. */
  readonly overran?: (ms: number) => void;
  /** Called once all effects of a batch have been delivered. */
  delivered(entries: readonly Entry[]): void;
}

/** Entries are applied for so long in one turn of the event loop, in ms. */
const applyMsMax = 10;

/** Beyond that a single entry took long, in ms. */
const overrunMsMin = 2 * applyMsMax;

/** Claims and other commands between two looks at the clock. */
const unwatchedMax = 8;

export function createReplica(options: ReplicaOptions): Replica {
  const { state, log, timekeeper, clock } = options;
  const abort = new AbortController();
  const waiters = new Set<{ readonly index: LogIndex; resolve(): void }>();
  const submission = createSubmission({ ...options, answered: () => options.delivered([]) });
  let proposals: Proposal[] = [];
  let cancelFlush: (() => void) | undefined;
  let cancelAlarm = () => {};
  let alarmAt = Number.POSITIVE_INFINITY;
  /** The start that `begin` waits for. */
  let beginning: { readonly start: Start; resolve(index: LogIndex): void } | undefined;

  const reading = read();
  const failed = Promise.race([reading.then(() => new Promise<never>(() => {})), log.failed]);
  failed.catch(() => {});

  function propose(commands: readonly Command[], refuse?: Refuse): void {
    if (abort.signal.aborted) return;
    for (const command of commands) proposals.push({ command, refuse });
    if (commands.length > 0) cancelFlush ??= clock.soon(flush);
  }

  function flush(): void {
    cancelFlush = undefined;
    const proposed = proposals;
    proposals = [];
    timekeeper.now();
    submit(submission, timekeeper.lagMs > 0 ? proposed.map(withoutLag) : proposed);
  }

  /** The log's time lags, and a span that a client asks for must not end early by that. */
  function withoutLag({ command, refuse }: Proposal): Proposal {
    return { command: prolonged(command, timekeeper.lagMs), refuse };
  }

  async function read(): Promise<void> {
    const from = (state.index + 1) as LogIndex;
    for await (const entries of log.read(from, abort.signal)) await applyAll(entries);
  }

  /** Where it takes long, connections get their turns in between. */
  async function applyAll(entries: readonly Entry[]): Promise<void> {
    let applied = applySome(entries);
    while (applied < entries.length) {
      await new Promise<void>((resolve) => clock.soon(resolve));
      if (abort.signal.aborted) return;
      applied += applySome(entries.slice(applied));
    }
  }

  /** Applies the first of the entries, as many as fit into a turn of the event loop, and returns their number. */
  function applySome(entries: readonly Entry[]): number {
    const fromMs = clock.nowMs();
    const untilMs = fromMs + applyMsMax;
    const notices: Notice[] = [];
    let count = 0;
    let unwatched = 0;
    for (const entry of entries) {
      for (const effect of apply(state, entry, notices)) options.deliver(effect);
      if (entry.command.type === "start") began(entry.index, entry.command);
      count += 1;
      unwatched += sizeOf(entry.command);
      if (unwatched < unwatchedMax) continue;
      unwatched = 0;
      if (clock.nowMs() > untilMs) break;
    }
    const tookMs = clock.nowMs() - fromMs;
    if (tookMs > overrunMsMin) options.overran?.(tookMs);
    for (const notice of notices) options.notice(notice);
    options.delivered(count < entries.length ? entries.slice(0, count) : entries);
    for (const waiter of waiters) {
      if (waiter.index > state.index) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
    if (timekeeper.follow(state.at)) disarm();
    arm();
    goOn(submission);
    return count;
  }

  function began(index: LogIndex, { node, run }: Start): void {
    if (beginning?.start.run !== run || beginning.start.node !== node) return;
    beginning.resolve(index);
    beginning = undefined;
  }

  function disarm(): void {
    cancelAlarm();
    alarmAt = Number.POSITIVE_INFINITY;
  }

  /** Sets the alarm for the next deadline, if that comes before the present alarm. */
  function arm(): void {
    const next = nextDeadline(state);
    if (next === undefined || next >= alarmAt || abort.signal.aborted) return;
    cancelAlarm();
    alarmAt = next;
    const ms = Math.max(1, next - timekeeper.now());
    cancelAlarm = clock.after(Math.min(ms, timerMsMax), ring);
  }

  function ring(): void {
    alarmAt = Number.POSITIVE_INFINITY;
    if (isTickDue(state, timekeeper.now())) propose([{ type: "tick" }]);
    else arm();
  }

  return {
    state,
    propose,
    applied(index) {
      if (state.index >= index) return Promise.resolve();
      return new Promise((resolve) => waiters.add({ index, resolve }));
    },
    begin(start) {
      propose([start]);
      return new Promise((resolve) => {
        beginning = { start, resolve };
      });
    },
    async stop() {
      abort.abort();
      cancelFlush?.();
      cancelAlarm();
      stopSubmission(submission);
      await reading;
    },
    failed,
  };
}

function sizeOf(command: Command): number {
  return command.type === "acquire" ? command.claims.length : 1;
}
