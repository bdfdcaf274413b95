import { stringify } from "yaml";
import { formatSource, type LoadedConfig, type LoadedSetting } from "../server/config.ts";

/**
 * The settings as an equivalent file, each with its source as a comment. Secrets become comments too,
 * so that nobody who uses the text as a file ends up with a password of stars.
 */
export function configAsYaml({ settings }: LoadedConfig): string {
  const lines = settings.map(asLine);
  const width = Math.max(...lines.map(({ text }) => text.length));
  let section = "";
  return lines
    .map((line) => {
      const heading = line.section === section ? "" : `${line.section}:\n`;
      section = line.section;
      return `${heading}${line.text.padEnd(width)}  # ${line.source}\n`;
    })
    .join("");
}

/** By key: the value, `null` when unset, and its source under `origin`. */
export function configAsJson({ settings }: LoadedConfig): string {
  const entries = settings.map(({ setting, value, source }) => {
    const shown = setting.isSecret && value !== undefined ? "********" : (value ?? null);
    return [setting.key, { value: shown, origin: source }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

interface Line {
  /** Empty outside all sections. */
  readonly section: string;
  readonly text: string;
  readonly source: string;
}

function asLine({ setting, value, source }: LoadedSetting): Line {
  const [name, section = ""] = setting.key.split(".").reverse();
  const indent = section === "" ? "" : "  ";
  const isShown = value !== undefined && !setting.isSecret;
  const text = isShown
    ? `${name}: ${asScalar(value)}`
    : `# ${name}: ${value === undefined ? "unset" : "set, not shown"}`;
  return { section, text: indent + text, source: formatSource(source) };
}

/** On one line, however long. */
function asScalar(value: unknown): string {
  return stringify(value, { lineWidth: 0, blockQuote: false, collectionStyle: "flow" }).trimEnd();
}
