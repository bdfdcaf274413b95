import Type, { type TObject } from "typebox";
import Value from "typebox/value";
import { readConfigFile } from "./file.ts";
import { type Environment, type Flags, readEnvironment, readFlags } from "./given.ts";
import { problem, type Reading } from "./reading.ts";
import { type Config, configSchema } from "./schema.ts";
import { configFlag, configVariable, type Setting, settings } from "./settings.ts";
import { formatSource, type Source } from "./source.ts";

export interface LoadOptions {
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
  /** The value as a file would hold it, in its shortest form. `undefined`: unset. */
  readonly value: unknown;
  readonly source: Source;
  /** What was given ended in a line break. */
  readonly isTrimmed: boolean;
}

/** The server cannot run with this configuration. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** One sentence each, without a full stop. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is refused\n${problems.map((text) => `  ${text}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Flags override the environment, which overrides the file, which overrides the defaults. Throws
 * `ConfigError` with every problem in any of them, also in overridden values.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const readings = [
    ...readFile(options),
    ...readEnvironment(options.environment),
    ...readFlags(options.flags),
  ].map(checked);
  const problems = readings.flatMap((reading) =>
    reading.type === "problem" ? [reading.problem] : [],
  );
  if (problems.length > 0) throw new ConfigError(problems);
  const loaded = settings.map((setting) => loadSetting(setting, readings));
  const values = new Map(loaded.map(({ setting, value }) => [setting.key, value]));
  return {
    config: Value.Decode(configSchema, assembled(configSchema, "", values)),
    settings: loaded,
  };
}

function readFile({ flags, environment, readFile }: LoadOptions): readonly Reading[] {
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

function checked(reading: Reading): Reading {
  if (reading.type === "problem") return reading;
  const { setting, value, source } = reading;
  if (Value.Check(setting.schema, value)) return reading;
  const shown = setting.isSecret ? "what was given" : JSON.stringify(value);
  const where = `${formatSource(source)}: ${setting.key}`;
  return problem(`${where} cannot be ${shown}; it must be ${setting.allowed}`);
}

function loadSetting(setting: Setting, readings: readonly Reading[]): LoadedSetting {
  const last = readings.findLast((each) => each.type === "value" && each.setting === setting);
  if (last?.type === "value") {
    const { source, isTrimmed } = last;
    return { setting, value: shortest(setting, last.value), source, isTrimmed };
  }
  return { setting, value: setting.default, source: { type: "default" }, isTrimmed: false };
}

function shortest({ schema }: Setting, value: unknown): unknown {
  return Value.Encode(schema, Value.Decode(schema, value));
}

/** The values in their sections, as a file would hold them. */
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
