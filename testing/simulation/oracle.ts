/**
 * Knows what must be true. It hears every entry that the server applies and everything that it tells its
 * clients, plays the entries on the naive model, and looks at the disk before each start.
 */
import { isDeepStrictEqual } from "node:util";
import type { State } from "../../src/core/apply.ts";
import type { Entry } from "../../src/core/command.ts";
import type { Effect } from "../../src/core/effect.ts";
import { type SnapshotRecord, snapshot } from "../../src/core/snapshot.ts";
import { createCore, type Engine } from "../engine.ts";
import { areSame, brokenLaw, written } from "../history/trial.ts";
import { createModel, type Model } from "../model/model.ts";
import { writeCommand, writeEffect } from "../story/write.ts";
import type { Chronicle } from "./chronicle.ts";
import { InvariantBroken } from "./invariant-broken.ts";
import type { FoundLog } from "./machine/found-log.ts";

export interface Oracle {
  /** A process is about to start on this log. `durability` is that of the process before it. */
  found(log: FoundLog): void;
  /** The process has read that log and goes on from this state. */
  recovered(state: State): void;
  /** The server has sent an effect; `applied` follows for its entry. */
  sent(effect: Effect): void;
  /** The server has applied the entry and sent its effects. */
  applied(entry: Entry, moment: Moment): void;
  /**
   * The power is cut while the disk has the log up to this entry. With durability `relaxed` the rest may
   * be lost, if it is no older than `unsyncedMsMax`.
   */
  powerCut(durableIndex: number, unsyncedMsMax: number): void;
  /** Whether a lock with this key was granted and is not over. */
  isHeld(key: string): boolean;
  /** Whether some request wants the name, granted or waiting. */
  isWanted(name: string): boolean;
  /** Nothing is left: no lock, no session. */
  assertEmpty(): void;
  readonly entryCount: number;
}

export interface Moment {
  /** The latest time that the log can have by now. */
  readonly atMax: number;
  /** Nothing has kept the server from its work lately. */
  readonly isCalm: boolean;
}

export interface OracleParts {
  readonly chronicle: Chronicle;
  /** The durability. */
  readonly isRelaxed: boolean;
  nowMs(): number;
}

/** How late a deadline may be met by a server which nothing keeps from it. */
const lateMsMax = 250;

export function createOracle({ chronicle, isRelaxed, nowMs }: OracleParts): Oracle {
  /** What was applied, and so must never be lost. */
  let entries: Entry[] = [];
  /** What the next process will find behind that; told to nobody. */
  let unseen: readonly Entry[] = [];
  let core: Engine = createCore();
  let model: Model = createModel();
  let lastToken = 0;
  const lastNumbers = new Map<string, number>();
  let unexplained: Effect[] = [];
  /** When each entry was applied. */
  let appliedAtMs: number[] = [];
  /** Up to here nothing may be lost; `undefined`: nothing at all. */
  let keptIndex: number | undefined;
  /** Snapshots that were compared already. */
  const verified = new Set<number>();

  function found(log: FoundLog): void {
    unexplained = [];
    if (log.lastIndex < entries.length) forgetUnsynced(log.lastIndex);
    for (const entry of log.entries) {
      const known = entries[entry.index - 1];
      if (known !== undefined && !isDeepStrictEqual(known, entry)) {
        throw new InvariantBroken(
          `entry ${entry.index} is not what it was: ${JSON.stringify(entry)}`,
        );
      }
    }
    unseen = log.entries.filter(({ index }) => index > entries.length);
    for (const { index, records } of log.snapshots) verify(index, records);
    keptIndex = undefined;
  }

  function powerCut(durableIndex: number, unsyncedMsMax: number): void {
    const old = appliedAtMs.findLastIndex((atMs) => atMs < nowMs() - unsyncedMsMax) + 1;
    keptIndex = Math.max(durableIndex, isRelaxed ? old : entries.length);
  }

  function forgetUnsynced(last: number): void {
    if (last < (keptIndex ?? entries.length)) {
      throw new InvariantBroken(
        `entry ${entries.length} was applied, but the log ends with ${last}`,
      );
    }
    const kept = entries.slice(0, last);
    chronicle.tell(
      "oracle",
      () => `${entries.length - last} entries that were not synced are lost`,
    );
    entries = [];
    appliedAtMs = appliedAtMs.slice(0, last);
    verified.clear();
    core = createCore();
    model = createModel();
    for (const entry of kept) take(entry);
    lastToken = 0;
    lastNumbers.clear();
  }

  /** Plays it on core and model, which must agree. */
  function take(entry: Entry): readonly Effect[] {
    if (entry.index !== entries.length + 1) {
      throw new InvariantBroken(`entry ${entry.index} follows entry ${entries.length}`);
    }
    entries.push(entry);
    const effects = core.apply(entry);
    const meant = model.apply(entry);
    if (!areSame(effects, meant)) {
      throw new InvariantBroken(
        `the core says\n${written(effects)}\nand the model\n${written(meant)}`,
      );
    }
    return effects;
  }

  function verify(index: number, records: readonly SnapshotRecord[]): void {
    if (verified.has(index)) return;
    verified.add(index);
    if (!isStateAt(index, records)) {
      throw new InvariantBroken(`the snapshot at entry ${index} is not the state at that entry`);
    }
  }

  function isStateAt(index: number, records: readonly SnapshotRecord[]): boolean {
    const known = [...entries, ...unseen].slice(0, index);
    const replayed = createCore();
    for (const entry of known) replayed.apply(entry);
    const expected = JSON.parse(JSON.stringify(replayed.snapshot()));
    return known.length === index && isDeepStrictEqual(records, expected);
  }

  function recovered(state: State): void {
    const last = entries.length + unseen.length;
    const records = JSON.parse(JSON.stringify([...snapshot(state)]));
    if (state.index !== last || !isStateAt(last, records)) {
      throw new InvariantBroken(
        `the server has recovered another state than that at entry ${last}`,
      );
    }
  }

  function applied(entry: Entry, { atMax, isCalm }: Moment): void {
    for (const old of unseen) take(old);
    unseen = [];
    appliedAtMs[entry.index - 1] = nowMs();
    const deadline = model.nextDeadline() ?? entry.at;
    const effects = take(entry);
    chronicle.tell("log", () => `${entry.index} ${writeCommand(entry.command)}`);
    explain(effects);
    assertLaws();
    if (entry.at > atMax + 1)
      throw new InvariantBroken(`the log's time runs ahead by ${entry.at - atMax} ms`);
    if (isCalm && entry.at > deadline + lateMsMax) {
      throw new InvariantBroken(`a deadline is met ${entry.at - deadline} ms late`);
    }
  }

  /** What was told is what the entry says, in the same order, with numbers that only grow. */
  function explain(effects: readonly Effect[]): void {
    const heard = unexplained.splice(0, effects.length);
    if (!areSame(heard, effects)) {
      throw new InvariantBroken(`told was\n${written(heard)}\nand it must be\n${written(effects)}`);
    }
    for (const effect of effects) {
      chronicle.tell("told", () => writeEffect(effect));
      const { outcome } = effect;
      if (outcome.type !== "granted") continue;
      if (outcome.token <= lastToken)
        throw new InvariantBroken(`token ${outcome.token} follows ${lastToken}`);
      lastToken = outcome.token;
    }
  }

  function assertLaws(): void {
    const records = core.snapshot();
    const broken = brokenLaw(records);
    if (broken !== undefined) throw new InvariantBroken(broken);
    for (const record of records) {
      if (record.type === "namespace") assertGrown(record.namespace, record.lastNumber);
    }
  }

  function assertGrown(namespace: string, lastNumber: number): void {
    const before = lastNumbers.get(namespace) ?? 0;
    if (lastNumber < before) throw new InvariantBroken(`number ${lastNumber} follows ${before}`);
    lastNumbers.set(namespace, lastNumber);
  }

  return {
    found,
    recovered,
    sent: (effect) => void unexplained.push(effect),
    applied,
    powerCut,
    isHeld: (key) =>
      core
        .snapshot()
        .some(
          (record) => record.type === "lock" && record.key === key && record.token !== undefined,
        ),
    isWanted: (name) =>
      core
        .snapshot()
        .some(
          (record) => record.type === "lock" && record.claims.some(({ path }) => path[0] === name),
        ),
    assertEmpty() {
      const left = core.snapshot().filter(({ type }) => type === "lock" || type === "session");
      if (left.length > 0) throw new InvariantBroken(`left at the end: ${JSON.stringify(left)}`);
    },
    get entryCount() {
      return entries.length;
    },
  };
}
