/**
 * The core is closed: a new command, outcome or snapshot record does not compile until every place that
 * must know of it does. Each case adds one to a copy of the sources and expects the errors of the compiler.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTemporaryFolder } from "../testing/temporary-folder.ts";

interface Addition {
  readonly kind: string;
  /** Where the union stands, and what joins it. */
  readonly file: string;
  readonly union: string;
  readonly member: string;
  readonly declaration: string;
  /** Every place that must know of it. */
  readonly places: readonly string[];
  /** Places that do not compile because of those, and need no change of their own. */
  readonly echoes?: readonly string[];
}

const additions: readonly Addition[] = [
  {
    kind: "command",
    file: "src/core/locks/commands.ts",
    union: "export type LockCommand =",
    member: "Borrow",
    declaration: 'export interface Borrow extends Requested { readonly type: "borrow" }',
    places: [
      "src/core/dispatch.ts",
      "src/core/locks/commands.ts",
      "src/core/need.ts",
      "testing/model/model.ts",
      "testing/story/write.ts",
    ],
    echoes: ["src/core/command.ts"],
  },
  {
    kind: "outcome of a primitive that protocols know",
    file: "src/core/locks/outcomes.ts",
    union: "export type LockOutcome =",
    member: "Borrowed",
    declaration: 'export interface Borrowed { readonly type: "borrowed" }',
    places: [
      "src/protocols/ldlm/calls.ts",
      "src/protocols/locktopus/behavior.ts",
      "src/protocols/softvisio/mutexes.ts",
      "testing/story/write.ts",
    ],
  },
  {
    kind: "outcome of a new primitive",
    file: "src/core/effect.ts",
    union: "export type Outcome =",
    member: "TimerSet",
    declaration: 'export interface TimerSet { readonly type: "timer_set" }',
    places: ["src/core/effect.ts", "testing/story/write.ts"],
  },
  {
    kind: "snapshot record",
    file: "src/core/snapshot.ts",
    union: "export type SnapshotRecord =",
    member: "TimerRecord",
    declaration: 'export interface TimerRecord { readonly type: "timer" }',
    places: ["src/core/snapshot.ts"],
  },
  {
    kind: "code of a rejection",
    file: "src/core/rejection.ts",
    union: "export type RejectionCode =",
    member: '"borrowed_already"',
    declaration: "",
    places: [
      "src/protocols/ldlm/errors.ts",
      "src/protocols/locktopus/errors.ts",
      "src/protocols/nexus/errors.ts",
      "src/protocols/softvisio/errors.ts",
      "test/conformance/locktopus/steps.test.ts",
      "test/conformance/softvisio/steps.test.ts",
    ],
    echoes: ["src/protocols/ldlm/calls.ts", "src/protocols/ldlm/rest.test.ts"],
  },
];

const project = fileURLToPath(new URL("../", import.meta.url));
const temporary = createTemporaryFolder();
after(() => temporary[Symbol.dispose]());
const contributing = readFileSync(join(project, "CONTRIBUTING.md"), "utf8");

for (const addition of additions) {
  test(`a new ${addition.kind} compiles nowhere until every place knows of it`, () => {
    const { places, echoes = [] } = addition;
    assert.deepEqual(placesWithErrors(copyWith(addition)), [...places, ...echoes].sort());
  });
}

test("the recipe for a new command names every place that does not compile without it", () => {
  const [, recipe = ""] = contributing.split("## Adding a command");
  const places = additions.flatMap((addition) => addition.places);
  const unnamed = places.filter((place) => !recipe.includes(nameInRecipe(place)));
  assert.deepEqual(unnamed, []);
});

/** Locks stand for any primitive, and each protocol for all of them. */
function nameInRecipe(place: string): string {
  return place
    .replace("core/locks/", "core/<primitive>/")
    .replace(/(src\/protocols|test\/conformance)\/\w+\/.*/, "$1/<protocol>/");
}

function copyWith({ kind, file, union, member, declaration }: Addition): string {
  const folder = join(temporary.path, kind.replaceAll(" ", "-"));
  for (const part of ["src", "testing", "test", "bench"]) {
    cpSync(join(project, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.endsWith("node_modules"),
    });
  }
  for (const part of ["package.json", "tsconfig.json"]) {
    cpSync(join(project, part), join(folder, part));
  }
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  const [before, behind, ...others] = text.split(union);
  assert.ok(behind !== undefined && others.length === 0, `${file} has the union once`);
  // A union of several lines begins each with a bar.
  const joint = behind.startsWith("\n") ? "" : " |";
  writeFileSync(path, `${before}${union} | ${member}${joint}${behind}\n${declaration}\n`);
  return folder;
}

/** The files that do not compile, each once, in order. */
function placesWithErrors(folder: string): readonly string[] {
  const tsc = join(folder, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  const files = [...stdout.matchAll(/^(\S+?)\(\d+,\d+\): error/gm)].map(
    ([, file]) => file as string,
  );
  return [...new Set(files)].sort();
}
