import { stringify } from "yaml";
import { formatOrigin, type LoadedConfig, type LoadedSetting } from "../server/config.ts";

/**
 * The settings as a file that would give the same, each with its origin as a comment. Secrets are
 * comments too: whoever uses the text as a file must not end up with a password of stars.
 */
export function configAsYaml({ settings }: LoadedConfig): string {
  const lines = settings.map(asLine);
  const width = Math.max(...lines.map(({ text }) => text.length));
  let section = "";
  return lines
    .map((line) => {
      const heading = line.section === section ? "" : `${line.section}:\n`;
      section = line.section;
      return `${heading}${line.text.padEnd(width)}  # ${line.origin}\n`;
    })
    .join("");
}

/** By key: the value, `null` when unset, and the origin. */
export function configAsJson({ settings }: LoadedConfig): string {
  const entries = settings.map(({ setting, value, origin }) => {
    const shown = setting.isSecret && value !== undefined ? "********" : (value ?? null);
    return [setting.key, { value: shown, origin }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

interface Line {
  /** Empty: outside all sections. */
  readonly section: string;
  readonly text: string;
  readonly origin: string;
}

function asLine({ setting, value, origin }: LoadedSetting): Line {
  const [name, section = ""] = setting.key.split(".").reverse();
  const indent = section === "" ? "" : "  ";
  const isShown = value !== undefined && !setting.isSecret;
  const text = isShown
    ? `${name}: ${asScalar(value)}`
    : `# ${name}: ${value === undefined ? "unset" : "set, not shown"}`;
  return { section, text: indent + text, origin: formatOrigin(origin) };
}

/** On one line, however long. */
function asScalar(value: unknown): string {
  return stringify(value, { lineWidth: 0, blockQuote: false, collectionStyle: "flow" }).trimEnd();
}
