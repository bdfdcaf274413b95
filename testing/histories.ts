import type { Effect } from "../src/core/effect.ts";
import { createCore } from "./engine.ts";
import { createGenerator } from "./history/generate.ts";
import { areSame, createTrial, type Step, written } from "./history/trial.ts";
import { writeCommand } from "./story/write.ts";

/**
 * Plays a random history of locks on the core and on its naive model: every effect and every next
 * deadline must be the same, also when the core goes on from a snapshot; tokens grow by one, no two
 * holders exclude each other, and when all is ended nothing is left. Gives the story of what went
 * wrong, as short as it could be made.
 */
export function playHistory(seed: number): string | undefined {
  const generator = createGenerator(seed);
  const trial = createTrial();
  const steps: Step[] = [];
  const length = 20 + (seed % 41);
  const isWrongAfter = (step: Step): boolean => {
    steps.push(step);
    return trial.play(step) !== undefined;
  };
  for (let count = 0; count < length; count++) {
    if (isWrongAfter(generator.next(trial.nextDeadline()))) {
      return storyOf(shrink(steps, steps.length));
    }
  }
  for (const step of generator.finish()) {
    if (!isWrongAfter(step)) continue;
    // What is left behind means something only if all that ends it is still there.
    return storyOf(shrink(steps, step.type === "empty" ? length : steps.length));
  }
  return undefined;
}

/** Plays a random history on two cores. Gives it back when the same entries had other effects. */
export function replayHistory(seed: number): string | undefined {
  const generator = createGenerator(seed);
  const first = createCore();
  const again = createCore();
  const steps: Step[] = [];
  const told: (readonly Effect[])[] = [];
  for (let count = 0; count < 60; count++) {
    const step = generator.next(first.nextDeadline());
    steps.push(step);
    told.push(step.type === "entry" ? first.apply(step.entry) : []);
  }
  const isSame = steps.every((step, place) => {
    const effects = step.type === "entry" ? again.apply(step.entry) : [];
    return areSame(effects, told[place] ?? []);
  });
  const isSameState = JSON.stringify(first.snapshot()) === JSON.stringify(again.snapshot());
  return isSame && isSameState ? undefined : storyOf(steps);
}

/** Drops steps one by one, of the first `droppable`, as long as what is left still goes wrong. */
function shrink(steps: readonly Step[], droppable: number): readonly Step[] {
  let shortest = steps;
  for (let place = Math.min(droppable, steps.length) - 1; place >= 0; place--) {
    const shorter = shortest.toSpliced(place, 1);
    const wrongAt = firstWrong(shorter);
    if (wrongAt !== undefined) shortest = shorter.slice(0, wrongAt + 1);
  }
  const isDone = shortest.length === steps.length;
  return isDone ? shortest : shrink(shortest, droppable - steps.length + shortest.length);
}

function firstWrong(steps: readonly Step[]): number | undefined {
  const trial = createTrial();
  const place = steps.findIndex((step) => trial.play(step) !== undefined);
  return place === -1 ? undefined : place;
}

/** The steps with what the core answers, and what is wrong at the end. */
function storyOf(steps: readonly Step[]): string {
  const trial = createTrial();
  const lines = steps.map((step) => {
    const wrong = trial.play(step);
    const answers = trial.effects.length === 0 ? [] : [written(trial.effects)];
    return [lineOf(step), ...answers, ...(wrong === undefined ? [] : [wrong])].join("\n");
  });
  return lines.join("\n");
}

function lineOf(step: Step): string {
  if (step.type !== "entry") return step.type;
  return `${step.entry.at}ms ${writeCommand(step.entry.command)}`;
}
