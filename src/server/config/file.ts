import Type, { type TObject } from "typebox";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { problem, type Reading, trimmed } from "./reading.ts";
import { configSchema } from "./schema.ts";
import { nearest, settings } from "./settings.ts";

/** Reads a YAML file; JSON is a subset. A key without a value counts as absent. */
export function readConfigFile(path: string, text: string): readonly Reading[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const flaws = [...document.errors, ...document.warnings];
  if (flaws.length > 0) {
    return flaws.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      const hint = quotesHint(text.split("\n")[line - 1] ?? "");
      return problem(`${path}:${line}:${col}: ${message}${hint}`);
    });
  }
  return readSection({ path, lines, document }, document.contents, configSchema, "");
}

/** YAML gives these characters a meaning at the beginning of a value. */
function quotesHint(line: string): string {
  if (/^\s*[\w.-]+:\s+\[[^\]]*\]\S/.test(line)) {
    return "; a value that begins with [ and is no list needs quotes";
  }
  const [, first] = /^\s*[\w.-]+:\s+([*&!%@`|>])/.exec(line) ?? [];
  return first === undefined ? "" : `; a value that begins with ${first} needs quotes`;
}

interface File {
  readonly path: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
}

function readSection(
  file: File,
  content: Node | null,
  section: TObject,
  prefix: string,
): readonly Reading[] {
  if (content === null || (isScalar(content) && content.value === null)) return [];
  if (isMap(content)) {
    return content.items.flatMap((pair) => readPair(file, pair, section, prefix));
  }
  const name = prefix === "" ? "the file" : `the section ${prefix.slice(0, -1)}`;
  const line = lineOf(file, content);
  return [problem(`${file.path}:${line}: ${name} must be a map of keys and values`)];
}

function readPair(
  file: File,
  pair: YAMLMap["items"][number],
  section: TObject,
  prefix: string,
): readonly Reading[] {
  const { key, value } = nodesOf(file, pair);
  const name = String(key);
  const line = lineOf(file, key);
  const schema = Object.hasOwn(section.properties, name) ? section.properties[name] : undefined;
  if (schema === undefined) return [unknownKey(`${file.path}:${line}`, prefix + name)];
  if (Type.IsObject(schema)) return readSection(file, value, schema, `${prefix}${name}.`);
  const setting = settings.find((candidate) => candidate.key === prefix + name);
  const given: unknown = value?.toJS(file.document);
  if (setting === undefined || given === null || given === undefined) return [];
  const source = { type: "file", path: file.path, line } as const;
  return [{ type: "value", setting, ...trimmed(given), source }];
}

/** A parsed pair has nodes on both sides; an alias resolves to the node at its anchor. */
function nodesOf(file: File, pair: Pair): { readonly key: Node; readonly value: Node | null } {
  const { key, value } = pair as Pair<Node, Node | null>;
  return { key, value: (isAlias(value) ? value.resolve(file.document) : value) ?? null };
}

function lineOf({ lines }: File, node: Node): number {
  return lines.linePos(node.range?.[0] ?? 0).line;
}

function unknownKey(where: string, key: string): Reading {
  const meant = nearest(
    key,
    settings.map((setting) => setting.key),
  );
  const hint = meant === undefined ? "" : `; did you mean ${asPlaced(meant)}?`;
  return problem(`${where}: unknown key ${key}${hint}`);
}

function asPlaced(key: string): string {
  const [name, section] = key.split(".").reverse();
  return section === undefined ? key : `${name} in the section ${section}`;
}
