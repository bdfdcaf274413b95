import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path/posix";
import { test } from "node:test";

/** The primitives of the core: its top files unite them, and each may use those before it. */
const primitives = [
  "src/core/locks",
  "src/core/users",
  "src/core/tasks",
  "src/core/sessions",
  "src/core/api-tokens",
  "src/core/nodes",
];

/**
 * The allowed imports of each part, from top to bottom. Tests, `testing` and `bench` may import anything.
 *
 *     core ← fleeting ← bus, protocols
 *     core ← log, bus, protocols ← server ← cli
 *            log ← its workshop ← cli
 *
 * A part inside another precedes it.
 */
const parts: readonly Part[] = [
  ...primitives.map((folder, place) => ({
    folder,
    uses: ["src/core", ...primitives.slice(0, place)],
    packages: [],
  })),
  { folder: "src/core", uses: primitives, packages: [] },
  { folder: "src/log/file/workshop", uses: ["src/core", "src/log"], packages: ["node:"] },
  { folder: "src/log", uses: ["src/core"], packages: ["node:"] },
  { folder: "src/fleeting", uses: ["src/core"], packages: [] },
  { folder: "src/bus", uses: ["src/core", "src/fleeting"], packages: [] },
  {
    folder: "src/protocols",
    uses: ["src/core", ...primitives, "src/fleeting"],
    packages: ["node:crypto", "re2js"],
  },
  {
    folder: "src/server",
    uses: ["src/core", ...primitives, "src/log", "src/fleeting", "src/bus", "src/protocols"],
    packages: "any",
  },
  {
    folder: "src/cli",
    uses: ["src/core", ...primitives, "src/log", "src/log/file/workshop", "src/server"],
    packages: "any",
  },
];

interface Part {
  readonly folder: string;
  readonly uses: readonly string[];
  /** Prefixes of the packages and Node modules that the part may import. */
  readonly packages: readonly string[] | "any";
}

/**
 * The files of a folder that others may import, its faces. A folder `a/b` outside this table has one face:
 * `a/b.ts`, `a/b/b.ts` or `a/b/mod.ts`.
 */
const faces: Readonly<Record<string, readonly string[]>> = {
  "src/core": [
    "apply.ts",
    "chain.ts",
    "command.ts",
    "costs.ts",
    "deadlines.ts",
    "effect.ts",
    "ids.ts",
    "json-members.ts",
    "limits.ts",
    "need.ts",
    "network.ts",
    "notice.ts",
    "rejection.ts",
    "snapshot.ts",
    "unreachable.ts",
  ],
  "src/core/api-tokens": ["api-tokens.ts"],
  "src/core/locks": ["claims.ts", "listing.ts", "statistics.ts", "taken.ts"],
  "src/core/sessions": ["listing.ts"],
  "src/core/tasks": ["listing.ts"],
  "src/core/users": ["names.ts", "state.ts", "tags.ts"],
  "src/log": ["log.ts", "memory.ts"],
  "src/fleeting": ["apply.ts", "command.ts", "effect.ts", "pipes.ts", "topics.ts"],
  "src/bus": ["bus.ts", "local.ts"],
  "src/protocols": [
    "conversation.ts",
    "protocol.ts",
    "growing.ts",
    "http.ts",
    "json.ts",
    "json-stream.ts",
    "origin.ts",
    "identity.ts",
    "kept-answers.ts",
    "newest.ts",
    "utf8.ts",
  ],
  "src/protocols/ldlm": ["grpc.ts", "rest.ts"],
  "src/server": ["server.ts", "config.ts", "version.ts"],
  "src/server/admin": ["admin.ts", "socket.ts", "users.ts"],
  "src/server/conversation": ["host.ts", "calls.ts", "exchange.ts", "messages.ts"],
  "src/server/identity": [
    "credential-refusals.ts",
    "identity.ts",
    "api-tokens.ts",
    "guesses.ts",
    "logins.ts",
    "passwords.ts",
  ],
  "src/server/listen": ["listener.ts"],
};

const linesMax = 350;
/** Words that name no noun: a helper without a home is a concept without a name. */
const wordsForbidden = ["utils", "util", "common", "manager", "base", "helpers"];

const sources = globSync("src/**/*.ts")
  .map((file) => file.replaceAll("\\", "/"))
  .sort();

test("every import is allowed by the table of parts and faces", () => {
  const wrong = sources
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      importsOf(file)
        .map((imported) => violationOf(file, imported))
        .filter((violation) => violation !== undefined),
    );
  assert.deepEqual(wrong, []);
});

test("no files of src import each other in a circle", () => {
  const imports = new Map(sources.map((file) => [file, targetsOf(file)]));
  const listed = new Set<string>();
  const circles: string[] = [];
  for (const file of sources) {
    if (listed.has(file)) continue;
    const circle = circleThrough(file, imports);
    for (const member of circle) listed.add(member);
    if (circle.length > 0) circles.push([...circle, file].join(" → "));
  }
  assert.deepEqual(circles, []);
});

test("only tests and suites in src import files outside of it", () => {
  const wrong = sources
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      targetsOf(file)
        .filter((target) => !target.startsWith("src/"))
        .map((target) => `${file} imports ${target}; only tests and suites may`),
    );
  assert.deepEqual(wrong, []);
});

test(`no source file is longer than ${linesMax} lines`, () => {
  const long = sources
    .filter((file) => !isTest(file))
    .map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ file, lines }) => `${file} has ${lines} lines; find the second noun in it`);
  assert.deepEqual(long, []);
});

test("every source file is named by the noun it is about", () => {
  const nameless = sources
    .filter((file) =>
      basename(file)
        .split(/[-.]/)
        .some((word) => wordsForbidden.includes(word)),
    )
    .map((file) => `${file} is named after nothing; say what it is about`);
  assert.deepEqual(nameless, []);
});

/** The reason why the file must not import this; `undefined` if it may. */
function violationOf(file: string, imported: string): string | undefined {
  const part = partOf(file);
  // A file beside the parts, such as `src/mod.ts`, puts them together.
  if (part === undefined) return undefined;
  if (!imported.startsWith(".")) {
    const { packages } = part;
    const isAllowed = packages === "any" || packages.some((name) => imported.startsWith(name));
    return isAllowed ? undefined : `${file} imports ${imported}; ${part.folder} may not`;
  }
  const target = join(dirname(file), imported);
  const used = partOf(target)?.folder;
  if (used !== part.folder && !part.uses.some((folder) => folder === used)) {
    return `${file} imports ${target}; ${part.folder} may use ${part.uses.join(", ") || "nothing"}`;
  }
  const hidden = foldersOf(target).find(
    (folder) => !isInside(file, folder) && !isFace(target, folder),
  );
  return hidden && `${file} imports ${target}, which is no face of ${hidden}`;
}

/** The innermost part of the file, such as a primitive of the core. */
function partOf(file: string): Part | undefined {
  return parts.find(({ folder }) => file.startsWith(`${folder}/`));
}

/** `src/log/file/disk.ts` is in `src/log` and in `src/log/file`. */
function foldersOf(file: string): readonly string[] {
  const names = dirname(file).split("/");
  return names.map((_, depth) => names.slice(0, depth + 1).join("/")).slice(1);
}

/** The face beside a folder counts as inside, and the whole core counts as inside its primitives. */
function isInside(file: string, folder: string): boolean {
  const around = primitives.includes(folder) ? "src/core" : folder;
  return file.startsWith(`${around}/`) || file === `${around}.ts`;
}

/** For a file deeper down, the faces of the folders on the way decide. */
function isFace(target: string, folder: string): boolean {
  if (dirname(target) !== folder) return true;
  const name = basename(target);
  return faces[folder]?.includes(name) ?? [`${basename(folder)}.ts`, "mod.ts"].includes(name);
}

/**
 * The shortest circle of imports through the file, which begins with the file; empty without one. Imports
 * of types count, too: files that need each other's types cannot be read one after the other.
 */
function circleThrough(
  file: string,
  imports: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const importers = new Map<string, string>();
  const reached = [file];
  for (const importer of reached) {
    for (const imported of imports.get(importer) ?? []) {
      if (imported === file) return wayFrom(file, importer, importers);
      if (importers.has(imported)) continue;
      importers.set(imported, importer);
      reached.push(imported);
    }
  }
  return [];
}

function wayFrom(
  first: string,
  last: string,
  importers: ReadonlyMap<string, string>,
): readonly string[] {
  const way = [last];
  for (let file: string | undefined = last; file !== first; ) {
    file = importers.get(file);
    assert(file !== undefined);
    way.unshift(file);
  }
  return way;
}

/** The files that the file imports, as paths from the root of the project. */
function targetsOf(file: string): readonly string[] {
  return importsOf(file)
    .filter((imported) => imported.startsWith("."))
    .map((imported) => join(dirname(file), imported));
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  const statements = /^(?:import|export)\s(?:[^;"]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(statements)].map(([, from, called]) => from ?? called ?? "");
}

function isTest(file: string): boolean {
  return /\.(test|suite)\.ts$/.test(file);
}
