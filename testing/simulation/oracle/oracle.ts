/**
 * Knows what must be true. It plays every entry of the log on the core and on the naive model, which must agree, and
 * keeps the effects of each entry. A witness of each process compares the process with them (witness.ts).
 */
import { isDeepStrictEqual } from "node:util";
import type { Entry } from "../../../src/core/command.ts";
import type { Effect } from "../../../src/core/effect.ts";
import type { NodeId } from "../../../src/core/ids.ts";
import type { SnapshotRecord } from "../../../src/core/snapshot.ts";
import { createCore, type Engine } from "../../engine.ts";
import { areSame, brokenLaw, written } from "../../history/trial.ts";
import { createModel, type Model } from "../../model/model.ts";
import { writeCommand, writeEffect } from "../../story/write.ts";
import type { Chronicle } from "../chronicle.ts";
import { InvariantBroken } from "../invariant-broken.ts";
import { createDeliveries, type Deliveries } from "./deliveries.ts";
import type { FoundLog } from "./found-log.ts";

export interface Oracle {
  /** A process is about to start on these files. */
  found(log: FoundLog): void;
  /** The entry has its place in the log for good. */
  add(entry: Entry, bounds: TimeBounds): void;
  /**
   * The power is cut while the disk has the log up to this entry. With durability `relaxed` the rest may
   * be lost, if it is no older than `unsyncedMsMax`.
   */
  powerCut(durableIndex: number, unsyncedMsMax: number): void;
  /** The entry and its effects; `undefined` when it has no place in the log yet. */
  at(index: number): Played | undefined;
  /** The node has sent the effect, and delivered it if the connection of its session is there. */
  sent(effect: Effect, node: NodeId, isDelivered: boolean): void;
  /** Throws when a node that has been calm for so long has missed a deadline, or lost track of a connection. */
  assertAtWork(node: NodeId, calmSinceMs: number): void;
  /** Throws unless this is the state at that entry. */
  assertState(index: number, records: readonly SnapshotRecord[]): void;
  /** Whether a lock with this key is granted. */
  isHeld(key: string): boolean;
  /** Whether some request holds a lock of this name or waits for it. */
  isWanted(name: string): boolean;
  /** Whether a task with these params, a text, waits or is worked at. */
  isPushed(params: string): boolean;
  /** Throws unless every lock, every session, and all that ends with them is gone. */
  assertEmpty(): void;
  readonly entryCount: number;
}

export interface Played {
  readonly entry: Entry;
  readonly effects: readonly Effect[];
}

export interface TimeBounds {
  /** The latest time that an entry can carry now. */
  readonly atMax: number;
  /** The longest delay of a deadline. */
  readonly lateMsMax: number;
}

export interface OracleParts {
  readonly chronicle: Chronicle;
  /** The durability of the log. */
  readonly isRelaxed: boolean;
  nowMs(): number;
}

/** The longest delay of a deadline at a calm server; docs/correctness.md, L1. */
export const lateMsMax = 250;

export function createOracle({ chronicle, isRelaxed, nowMs }: OracleParts): Oracle {
  /** Entries that no server may lose or see differently. */
  let played: Played[] = [];
  /** The moments at which they were added. */
  let addedAtMs: number[] = [];
  /** Entries that the next process finds behind them in its files, and of which no client knows. */
  let unseen: readonly Entry[] = [];
  let core: Engine = createCore();
  let model: Model = createModel();
  let deliveries: Deliveries = createDeliveries();
  let lastToken = 0;
  const lastNumbers = new Map<string, number>();
  /** The last entry that a loss of power must spare; `undefined`: all of them. */
  let keptIndex: number | undefined;
  /** Indexes of snapshots that were compared already. */
  const verified = new Set<number>();

  function found(log: FoundLog): void {
    if (log.lastIndex < played.length) forgetUnsynced(log.lastIndex);
    for (const entry of log.entries) {
      const known = played[entry.index - 1]?.entry;
      if (known !== undefined && !isDeepStrictEqual(known, entry)) {
        throw new InvariantBroken(
          `entry ${entry.index} is not what it was: ${JSON.stringify(entry)}`,
        );
      }
    }
    unseen = log.entries.filter(({ index }) => index > played.length);
    for (const { index, records } of log.snapshots) verify(index, records);
    keptIndex = undefined;
  }

  function powerCut(durableIndex: number, unsyncedMsMax: number): void {
    const old = addedAtMs.findLastIndex((atMs) => atMs < nowMs() - unsyncedMsMax) + 1;
    keptIndex = Math.max(durableIndex, isRelaxed ? old : played.length);
  }

  function forgetUnsynced(last: number): void {
    if (last < (keptIndex ?? played.length)) {
      throw new InvariantBroken(
        `entry ${played.length} was applied, but the log ends with ${last}`,
      );
    }
    const kept = played.slice(0, last);
    chronicle.write(
      "oracle",
      () => `${played.length - last} entries that were not synced are lost`,
    );
    played = [];
    addedAtMs = addedAtMs.slice(0, last);
    verified.clear();
    core = createCore();
    model = createModel();
    deliveries = createDeliveries();
    for (const { entry } of kept) play(entry);
    lastToken = 0;
    lastNumbers.clear();
  }

  /** Plays the entry on core and model. */
  function play(entry: Entry): readonly Effect[] {
    if (entry.index !== played.length + 1) {
      throw new InvariantBroken(`entry ${entry.index} follows entry ${played.length}`);
    }
    const effects = core.apply(entry);
    const meant = model.apply(entry);
    if (!areSame(effects, meant)) {
      throw new InvariantBroken(
        `the core says\n${written(effects)}\nand the model\n${written(meant)}`,
      );
    }
    played.push({ entry, effects });
    deliveries.add(entry);
    return effects;
  }

  function verify(index: number, records: readonly SnapshotRecord[]): void {
    if (verified.has(index)) return;
    verified.add(index);
    assertState(index, records);
  }

  function assertState(index: number, records: readonly SnapshotRecord[]): void {
    const known = [...played.map(({ entry }) => entry), ...unseen].slice(0, index);
    const replayed = createCore();
    for (const entry of known) replayed.apply(entry);
    const [some, others] = [records, replayed.snapshot()].map((each) => JSON.stringify(each));
    if (known.length < index || some !== others) {
      throw new InvariantBroken(`this is not the state at entry ${index}: ${some}`);
    }
  }

  function add(entry: Entry, bounds: TimeBounds): void {
    for (const old of unseen) play(old);
    unseen = [];
    addedAtMs[entry.index - 1] = nowMs();
    const deadline = model.nextDeadline() ?? entry.at;
    const effects = play(entry);
    chronicle.write("log", () => `${entry.index} ${writeCommand(entry.command)}`);
    for (const effect of effects) chronicle.write("sent", () => writeEffect(effect));
    assertTokensGrow(effects);
    assertLaws();
    if (entry.at > bounds.atMax + 1)
      throw new InvariantBroken(`the log's time runs ahead by ${entry.at - bounds.atMax} ms`);
    if (entry.at > deadline + bounds.lateMsMax)
      throw new InvariantBroken(`a deadline is met ${entry.at - deadline} ms late`);
  }

  /** The time of a calm server is at least that of the last entry plus the time since then. */
  function assertOnTime(calmSinceMs: number): void {
    const deadline = core.nextDeadline();
    const last = played.at(-1);
    if (deadline === undefined || last === undefined) return;
    const sinceMs = Math.max(addedAtMs[last.entry.index - 1] ?? 0, calmSinceMs);
    const lateMs = last.entry.at + nowMs() - sinceMs - deadline;
    if (lateMs > lateMsMax) throw new InvariantBroken(`a deadline is missed by ${lateMs} ms`);
  }

  /** A node that drops effects of its own session has lost the connection, and must have detached the session. */
  function assertDetached(node: NodeId): void {
    const dropped = deliveries.takeDropped(node, nowMs() - lateMsMax);
    if (dropped.length === 0) return;
    for (const record of core.snapshot()) {
      if (record.type === "session" && record.isAttached && dropped.includes(record.id))
        throw new InvariantBroken(`${node} drops the effects of ${record.id}, which is attached`);
    }
  }

  function assertTokensGrow(effects: readonly Effect[]): void {
    for (const { outcome } of effects) {
      if (outcome.type !== "granted" && outcome.type !== "task_pulled") continue;
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

  function locks() {
    return core.snapshot().filter((record) => record.type === "lock");
  }

  return {
    found,
    add,
    powerCut,
    assertAtWork(node, calmSinceMs) {
      assertOnTime(calmSinceMs);
      assertDetached(node);
    },
    at: (index) => played[index - 1],
    sent: (effect, node, isDelivered) =>
      deliveries.sent(effect, { node, isDelivered, atMs: nowMs() }),
    assertState,
    isHeld: (key) => locks().some((lock) => lock.key === key && lock.token !== undefined),
    isWanted: (name) => locks().some(({ claims }) => claims.some(({ path }) => path[0] === name)),
    isPushed: (params) =>
      core
        .snapshot()
        .some((record) => record.type === "task" && record.params === JSON.stringify(params)),
    assertEmpty() {
      const left = core.snapshot().filter(isLeft);
      if (left.length > 0) throw new InvariantBroken(`left at the end: ${JSON.stringify(left)}`);
    },
    get entryCount() {
      return played.length;
    },
  };
}

/** Only detached tasks and users stay when all clients have gone. */
function isLeft(record: SnapshotRecord): boolean {
  if (record.type === "task") return record.pusher !== undefined || record.attempt !== undefined;
  return record.type === "lock" || record.type === "session" || record.type === "pull";
}
