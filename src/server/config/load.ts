import Type, { type TObject } from "typebox";
import Value from "typebox/value";
import { readConfigFile } from "./file.ts";
import { type Finding, formatOrigin, type Origin, problem } from "./finding.ts";
import { type Environment, type Flags, readEnvironment, readFlags } from "./given.ts";
import { type Config, configSchema } from "./schema.ts";
import { configFlag, configVariable, type Setting, settings } from "./settings.ts";

export interface ConfigSources {
  readonly flags: Flags;
  readonly environment: Environment;
  /** The text of a file; throws as `node:fs` does. */
  readonly readFile: (path: string) => string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Every setting, in the order of the schema. */
  readonly settings: readonly LoadedSetting[];
}

export interface LoadedSetting {
  readonly setting: Setting;
  /** As the file would hold it, in its shortest form. `undefined`: unset. */
  readonly value: unknown;
  readonly origin: Origin;
}

/** The configuration cannot be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** One sentence each, without full stop. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is refused\n${problems.map((text) => `  ${text}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Flags win over the environment, that over the file, that over the defaults. Throws `ConfigError`
 * with all that is wrong in any of them, also in values that others override.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const findings = [
    ...readFile(sources),
    ...readEnvironment(sources.environment),
    ...readFlags(sources.flags),
  ].map(checked);
  const problems = findings.flatMap((finding) =>
    finding.type === "problem" ? [finding.problem] : [],
  );
  if (problems.length > 0) throw new ConfigError(problems);
  const loaded = settings.map((setting) => loadSetting(setting, findings));
  const values = new Map(loaded.map(({ setting, value }) => [setting.key, value]));
  return {
    config: Value.Decode(configSchema, assembled(configSchema, "", values)),
    settings: loaded,
  };
}

function readFile({ flags, environment, readFile }: ConfigSources): readonly Finding[] {
  const path = flags[configFlag] ?? (environment[configVariable] || undefined);
  if (path === undefined) return [];
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return [problem(`cannot read the file ${path}: ${(error as Error).message}`)];
  }
  return readConfigFile(path, text);
}

function checked(finding: Finding): Finding {
  if (finding.type === "problem") return finding;
  const { setting, value, origin } = finding;
  if (Value.Check(setting.schema, value)) return finding;
  const shown = setting.isSecret ? "what was given" : JSON.stringify(value);
  const where = `${formatOrigin(origin)}: ${setting.key}`;
  return problem(`${where} cannot be ${shown}; it must be ${setting.allowed}`);
}

function loadSetting(setting: Setting, findings: readonly Finding[]): LoadedSetting {
  const last = findings.findLast((each) => each.type === "value" && each.setting === setting);
  if (last?.type === "value") {
    return { setting, value: shortest(setting, last.value), origin: last.origin };
  }
  return { setting, value: setting.default, origin: { type: "default" } };
}

function shortest({ schema }: Setting, value: unknown): unknown {
  return Value.Encode(schema, Value.Decode(schema, value));
}

/** The values in their sections, as the file would hold them. */
function assembled(
  section: TObject,
  prefix: string,
  values: ReadonlyMap<string, unknown>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(section.properties).map(([name, schema]) => {
    const key = prefix + name;
    return [name, Type.IsObject(schema) ? assembled(schema, `${key}.`, values) : values.get(key)];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
