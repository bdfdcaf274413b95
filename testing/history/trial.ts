import { isDeepStrictEqual } from "node:util";
import type { Entry } from "../../src/core/command.ts";
import type { Effect, Outcome } from "../../src/core/effect.ts";
import type { TimeMs } from "../../src/core/ids.ts";
import type { SnapshotRecord } from "../../src/core/snapshot.ts";
import { createCore } from "../engine.ts";
import { conflict, wantsSlot } from "../model/locks.ts";
import { createModel } from "../model/model.ts";
import { writeEffect } from "../story/write.ts";

export type Step =
  | { readonly type: "entry"; readonly entry: Entry }
  /** The core goes on from its snapshot. */
  | { readonly type: "reload" }
  /** Nothing may be left. */
  | { readonly type: "empty" };

/** Plays steps on the core and on its model. */
export interface Trial {
  /** What is wrong after this step; `undefined` when all is well. */
  play(step: Step): string | undefined;
  nextDeadline(): TimeMs | undefined;
  /** The effects of the last step. */
  readonly effects: readonly Effect[];
}

/** Entries from one audit of the holdings to the next, because an audit takes as long as all the rest. */
const auditEvery = 4;
const noShare = { sessions: 0, locks: 0, waiters: 0, bytes: 0 };

export function createTrial(): Trial {
  const core = createCore();
  const model = createModel();
  let lastToken = 0;
  let effects: readonly Effect[] = [];

  const playEntry = (entry: Entry): string | undefined => {
    effects = core.apply(entry);
    if (entry.command.type === "advance") lastToken += entry.command.by;
    const expected = model.apply(entry);
    if (!areSame(effects, expected)) return `the model says\n${written(expected)}`;
    if (core.nextDeadline() !== model.nextDeadline()) {
      return `the next deadline is ${core.nextDeadline()}, in the model ${model.nextDeadline()}`;
    }
    const miscounted = entry.index % auditEvery === 0 ? miscount() : undefined;
    if (miscounted !== undefined) return miscounted;
    for (const { outcome } of effects) {
      if (outcome.type !== "granted" && outcome.type !== "task_pulled") continue;
      lastToken++;
      if (outcome.token !== lastToken) return `token ${lastToken} was left out`;
    }
    return undefined;
  };

  /** What the core counts incrementally, and the model from scratch. */
  const miscount = (): string | undefined => {
    const { bytes, shares } = core.holdings();
    const expected = model.holdings();
    if (bytes !== expected.bytes) {
      return `the state has ${bytes} bytes, in the model ${expected.bytes}`;
    }
    if (shares.size !== expected.shares.size) return `there are ${shares.size} shares`;
    for (const [address, share] of expected.shares) {
      const {
        sessions,
        locks: held,
        waiters: waiting,
        bytes: own,
      } = shares.get(address) ?? noShare;
      const counted = JSON.stringify({ sessions, held, waiting, bytes: own });
      if (counted !== JSON.stringify(share)) return `the share of ${address} is ${counted}`;
    }
    return undefined;
  };

  const playStep = (step: Step): string | undefined => {
    effects = [];
    switch (step.type) {
      case "entry":
        return playEntry(step.entry);
      case "reload": {
        const before = core.snapshot();
        core.reload();
        const after = JSON.stringify(core.snapshot());
        if (JSON.stringify(before) !== after) return "the snapshot of what was restored is another";
        return miscount() ?? brokenLaw(before);
      }
      case "empty": {
        const left = core.snapshot().filter(({ type }) => type !== "state");
        return left.length === 0 ? undefined : `left behind: ${JSON.stringify(left)}`;
      }
    }
  };

  return {
    play(step) {
      try {
        return playStep(step);
      } catch (error) {
        return `the core breaks: ${error instanceof Error ? error.stack : error}`;
      }
    },
    nextDeadline: model.nextDeadline,
    get effects() {
      return effects;
    },
  };
}

/** A law of the state that does not hold. */
export function brokenLaw(records: readonly SnapshotRecord[]): string | undefined {
  return idlePull(records) ?? rivals(records);
}

/** A pull that waits where a task does. */
function idlePull(records: readonly SnapshotRecord[]): string | undefined {
  const waiting = records.filter(
    (record) => record.type === "task" && record.attempt === undefined,
  );
  const paths = new Set(waiting.map((record) => "path" in record && record.path));
  const pull = records.find((record) => record.type === "pull" && paths.has(record.path));
  return pull && `a task waits, and so does ${JSON.stringify(pull)}`;
}

/** Two holders that exclude each other, or more of a slot than it has places. */
function rivals(records: readonly SnapshotRecord[]): string | undefined {
  const holders = records.filter((record) => record.type === "lock" && record.token !== undefined);
  const locks = holders.filter((record) => record.type === "lock");
  for (const lock of locks) {
    const others = locks.filter(
      (other) => other.namespace === lock.namespace && other.number !== lock.number,
    );
    for (const claim of lock.claims) {
      const rival = others.find((other) => other.claims.some((theirs) => conflict(claim, theirs)));
      if (rival !== undefined) return `numbers ${lock.number} and ${rival.number} both hold`;
      if (claim.mode !== "slot") continue;
      const sharers = others.filter((other) => wantsSlot(other, claim.path));
      if (sharers.length >= claim.size) return `a slot at ${claim.path} has too many holders`;
    }
  }
  return undefined;
}

/** Whether they tell the same; in which words a rejection gives its reason is left open. */
export function areSame(some: readonly Effect[], others: readonly Effect[]): boolean {
  if (some.length !== others.length) return false;
  return some.every((effect, place) => {
    const other = others[place];
    return (
      effect.session === other?.session &&
      effect.request === other.request &&
      isSameOutcome(effect.outcome, other.outcome)
    );
  });
}

function isSameOutcome(a: Outcome, b: Outcome): boolean {
  if (a.type === "rejected" || b.type === "rejected") {
    return a.type === b.type && "code" in a && "code" in b && a.code === b.code;
  }
  const { length } = Object.keys(b);
  const entries = Object.entries(a);
  return (
    entries.length === length &&
    entries.every(([name, value]) => isDeepStrictEqual(value, b[name as keyof Outcome]))
  );
}

export function written(effects: readonly Effect[]): string {
  if (effects.length === 0) return "       (nothing)";
  return effects.map((effect) => `       ${writeEffect(effect)}`).join("\n");
}
