import type { Effect } from "../src/core/effect.ts";
import type { LogIndex, TimeMs } from "../src/core/ids.ts";
import type { SnapshotRecord } from "../src/core/snapshot.ts";
import type { Engine } from "./engine.ts";
import { createCast } from "./story/cast.ts";
import { readCommands } from "./story/read.ts";
import { readDuration } from "./story/words.ts";
import { writeEffect } from "./story/write.ts";

/** A play: comment, then lines of `<time> <who> <does what>`, each with its answers under it. */
export interface Story {
  /** The first sentence of the comment. */
  readonly name: string;
  readonly text: string;
}

/** The stories of a file, which empty lines part from each other. */
export function storiesOf(file: string): readonly Story[] {
  return file
    .trim()
    .split(/\n{2,}/)
    .map((text) => ({ name: firstSentence(text), text }));
}

/**
 * The story as the engine plays it: comment and commands as they stand, the answers anew. The line
 * `snapshot` tells what is kept, and goes on from that. Throws `Error` with the line which it
 * cannot read.
 */
export function play(story: Story, engine: Engine): string {
  const cast = createCast();
  let index = 0;
  const perform = (text: string): readonly string[] => {
    const [time = "", ...rest] = text.split(/\s+/);
    const at = readDuration(time) as TimeMs;
    const action = rest.join(" ");
    if (action === "snapshot") return [whatIsKept(engine)];
    const commands = readCommands(action, cast);
    const effects = commands.flatMap((command) =>
      engine.apply({ index: ++index as LogIndex, at, command }),
    );
    // Before its first words a session opens by itself; that is not worth a line.
    const told = commands.length > 1 ? effects.filter(isNotOpening) : effects;
    return told.map((effect) => writeEffect(effect, cast.nameOf));
  };
  return story.text
    .split("\n")
    .filter((line) => !isAnswer(line))
    .flatMap((line) => {
      if (line.startsWith("#")) return [line];
      try {
        return [line, ...perform(line.trim()).map((answer) => `${answerIndent}${answer}`)];
      } catch (cause) {
        throw new Error(`cannot play: ${line}`, { cause });
      }
    })
    .join("\n");
}

const answerIndent = "       ";

function isAnswer(line: string): boolean {
  return line.startsWith(answerIndent);
}

function isNotOpening({ outcome }: Effect): boolean {
  return outcome.type !== "session_opened";
}

/** `kept: session=2 lock=1`; the engine goes on from it. */
function whatIsKept(engine: Engine): string {
  const counts = new Map<SnapshotRecord["type"], number>();
  for (const { type } of engine.snapshot()) {
    if (type !== "state") counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  engine.reload();
  const kept = [...counts].map(([type, count]) => `${type}=${count}`);
  return ["kept:", ...kept].join(" ");
}

function firstSentence(text: string): string {
  const comment = text.split("\n").filter((line) => line.startsWith("#"));
  const [sentence = ""] = comment
    .map((line) => line.slice(1).trim())
    .join(" ")
    .split(/(?<=\.) /);
  return sentence;
}
