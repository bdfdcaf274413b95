import Type, { type TSchema } from "typebox";
import { problem, type Reading, trimmed } from "./reading.ts";
import { configFlag, configVariable, nearest, settings, variablePrefix } from "./settings.ts";

/** Flags by name (`--listen`) with their text as typed, including unknown ones. */
export type Flags = Readonly<Record<string, string>>;

/** The form of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function readFlags(flags: Flags): readonly Reading[] {
  const known = [configFlag, ...settings.map(({ flag }) => flag)];
  return Object.entries(flags).flatMap(([name, text]): readonly Reading[] => {
    if (name === configFlag) return [];
    const setting = settings.find(({ flag }) => flag === name);
    if (setting === undefined) return [unknown("flag", name, nearest(name, known))];
    const value = readText(setting.schema, text);
    return [{ type: "value", setting, value, isTrimmed: false, source: { type: "flag", name } }];
  });
}

/** Reads the variables with our prefix. An empty value counts as unset. */
export function readEnvironment(environment: Environment): readonly Reading[] {
  return Object.entries(environment).flatMap(([name, text = ""]): readonly Reading[] => {
    if (!name.startsWith(variablePrefix) || name === configVariable || text === "") return [];
    const setting = settings.find(({ variable }) => variable === name);
    if (setting !== undefined) {
      const { value: line, isTrimmed } = trimmed(text);
      const value = readText(setting.schema, line);
      return [{ type: "value", setting, value, isTrimmed, source: { type: "variable", name } }];
    }
    return isFromKubernetes(name, text) ? [] : [unknown("variable", name, nearestVariable(name))];
  });
}

/**
 * Kubernetes describes services to every pod in variables named after them
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables). The
 * variables of a service called `holdfast` or `holdfast-…` look like ours. `HOLDFAST_PORT=7117` is not
 * one of them, because Kubernetes sets that variable to a URL.
 */
function isFromKubernetes(name: string, value: string): boolean {
  if (serviceVariable.test(name)) return true;
  return /^HOLDFAST_(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value);
}

const serviceVariable =
  /^HOLDFAST_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;

/** Compares without the prefix, which would make all variables look alike. */
function nearestVariable(name: string): string | undefined {
  const known = [configVariable, ...settings.map(({ variable }) => variable)];
  const meant = nearest(
    name.slice(variablePrefix.length),
    known.map((variable) => variable.slice(variablePrefix.length)),
  );
  return meant && variablePrefix + meant;
}

/** Converts a text to the value that a file would hold. The schema rejects a text that stays as it is. */
function readText(schema: TSchema, text: string): unknown {
  if (Type.IsInteger(schema)) return /^\d+$/.test(text) ? Number(text) : text;
  if (Type.IsBoolean(schema)) return text === "true" || (text === "false" ? false : text);
  if (Type.IsArray(schema)) return text === "" ? [] : text.split(",").map((item) => item.trim());
  return text;
}

/** Omits the value: under a misspelt name it may be a password. */
function unknown(what: string, name: string, meant: string | undefined): Reading {
  return problem(`unknown ${what} ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}
