import { apply, nextDeadline, type State } from "../core/apply.ts";
import {
  type Command,
  type Entry,
  givesBack,
  isRequested,
  type RequestedCommand,
  type Start,
} from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { LogIndex } from "../core/ids.ts";
import type { Notice } from "../core/notice.ts";
import { type Log, Unavailable } from "../log/log.ts";
import { type Clock, timerMsMax } from "./clock.ts";
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

export type Refuse = (command: RequestedCommand, reason: string) => void;

export interface ReplicaOptions {
  readonly state: State;
  readonly log: Log;
  readonly timekeeper: Timekeeper;
  readonly clock: Clock;
  deliver(effect: Effect): void;
  /** Called with the notices of a batch, once all its effects have been delivered. */
  notice(notice: Notice): void;
  /** Called once all effects of a batch have been delivered. */
  delivered(entries: readonly Entry[]): void;
}

/** Commands of one append. The log accepts it or refuses it as a whole, so small ones use up the reserve of a full disk. */
const appendCommandsMax = 64;

/** A tick tests after this long whether a full disk has room again. */
const fullAgainMs = 1000;

export function createReplica(options: ReplicaOptions): Replica {
  const { state, log, timekeeper, clock } = options;
  const abort = new AbortController();
  const waiters = new Set<{ readonly index: LogIndex; resolve(): void }>();
  let proposals: Command[] = [];
  /** The `refuse` of each proposal, in the same order. */
  let refusals: (Refuse | undefined)[] = [];
  let cancelFlush: (() => void) | undefined;
  let cancelAlarm = () => {};
  let alarmAt = Number.POSITIVE_INFINITY;
  const cancelRetries = new Set<() => void>();
  /** The log has refused even a command that gives back; time stands still. */
  let isHolding = false;
  /** The start that `begin` waits for. */
  let beginning: { readonly start: Start; resolve(index: LogIndex): void } | undefined;

  const reading = read();
  const failed = Promise.race([reading.then(() => new Promise<never>(() => {})), log.failed]);
  failed.catch(() => {});

  function propose(commands: readonly Command[], refuse?: Refuse): void {
    if (abort.signal.aborted) return;
    for (const command of commands) {
      proposals.push(command);
      refusals.push(refuse);
    }
    if (commands.length > 0) cancelFlush ??= clock.soon(flush);
  }

  function flush(): void {
    cancelFlush = undefined;
    const commands = proposals;
    const told = refusals;
    proposals = [];
    refusals = [];
    for (let from = 0; from < commands.length; from += appendCommandsMax) {
      const until = from + appendCommandsMax;
      append(commands.slice(from, until), told.slice(from, until));
    }
  }

  function append(commands: readonly Command[], told: readonly (Refuse | undefined)[]): void {
    log.append(commands).then(taken, (error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      if (abort.signal.aborted) return;
      const [command, ...others] = commands;
      if (!commands.every(givesBack)) withoutTakers(commands, told, error);
      else if (others.length > 0) inHalves(commands, told);
      else if (command !== undefined) holdOut(command, told[0], error);
    });
  }

  /** A tick may fit into the end of a full disk's reserve where larger commands did not, so it proves nothing. */
  function taken(): void {
    if (!isHolding || abort.signal.aborted) return;
    if (log.status().isFull) {
      lookAgain(fullAgainMs);
    } else {
      isHolding = false;
      timekeeper.goOn();
    }
  }

  /**
   * The log accepted none of them. Even on a full disk it accepts commands that give back, if they come
   * alone. They are appended at once, because the next turn may bring commands that take.
   */
  function withoutTakers(
    commands: readonly Command[],
    told: readonly (Refuse | undefined)[],
    error: Unavailable,
  ): void {
    const back: Command[] = [];
    const toldBack: (Refuse | undefined)[] = [];
    for (const [place, command] of commands.entries()) {
      if (givesBack(command)) {
        back.push(command);
        toldBack.push(told[place]);
      } else if (isRequested(command)) {
        told[place]?.(command, error.message);
      }
    }
    if (back.length > 0) append(back, toldBack);
  }

  /** The reserve of the disk may have room for some of them. */
  function inHalves(commands: readonly Command[], told: readonly (Refuse | undefined)[]): void {
    const half = Math.ceil(commands.length / 2);
    append(commands.slice(0, half), told.slice(0, half));
    append(commands.slice(half), told.slice(half));
  }

  /**
   * The log refuses even a command that gives back. Clients cannot renew, so no lease ends until it has room
   * again. A command without a waiting client must not be lost: it is proposed again later.
   */
  function holdOut(command: Command, refuse: Refuse | undefined, error: Unavailable): void {
    isHolding = true;
    timekeeper.hold();
    if (refuse !== undefined && isRequested(command)) refuse(command, error.message);
    else if (command.type !== "tick") proposeAfter(error.retryAfterMs, command);
    lookAgain(error.retryAfterMs);
  }

  /** Proposes ticks until the log has room again. */
  function lookAgain(ms: number): void {
    if (cancelRetries.size === 0) proposeAfter(ms, { type: "tick" });
  }

  function proposeAfter(ms: number, command: Command): void {
    const cancel = clock.after(ms, () => {
      cancelRetries.delete(cancel);
      propose([command]);
    });
    cancelRetries.add(cancel);
  }

  async function read(): Promise<void> {
    const from = (state.index + 1) as LogIndex;
    for await (const entries of log.read(from, abort.signal)) applyAll(entries);
  }

  function applyAll(entries: readonly Entry[]): void {
    const notices: Notice[] = [];
    for (const entry of entries) {
      for (const effect of apply(state, entry, notices)) options.deliver(effect);
      if (entry.command.type === "start") began(entry.index, entry.command);
    }
    for (const notice of notices) options.notice(notice);
    options.delivered(entries);
    for (const waiter of waiters) {
      if (waiter.index > state.index) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
    if (timekeeper.follow(state.at)) disarm();
    arm();
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
    const next = nextDeadline(state);
    if (next !== undefined && next <= timekeeper.now()) propose([{ type: "tick" }]);
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
      for (const cancel of cancelRetries) cancel();
      await reading;
    },
    failed,
  };
}
