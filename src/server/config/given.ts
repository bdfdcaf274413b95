import Type, { type TSchema } from "typebox";
import { type Finding, problem } from "./finding.ts";
import { configFlag, configVariable, nearest, settings, variablePrefix } from "./settings.ts";

/** Flags by name (`--listen`) with their text as typed, unknown ones too. */
export type Flags = Readonly<Record<string, string>>;

/** As `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function readFlags(flags: Flags): readonly Finding[] {
  const known = [configFlag, ...settings.map(({ flag }) => flag)];
  return Object.entries(flags).flatMap(([name, text]): readonly Finding[] => {
    if (name === configFlag) return [];
    const setting = settings.find(({ flag }) => flag === name);
    if (setting === undefined) return [unknown("flag", name, nearest(name, known))];
    const value = readText(setting.schema, text);
    return [{ type: "value", setting, value, origin: { type: "flag", name } }];
  });
}

/** Reads the variables that are ours by name. An empty value counts as unset. */
export function readEnvironment(environment: Environment): readonly Finding[] {
  return Object.entries(environment).flatMap(([name, text = ""]): readonly Finding[] => {
    if (!name.startsWith(variablePrefix) || name === configVariable || text === "") return [];
    const setting = settings.find(({ variable }) => variable === name);
    if (setting !== undefined) {
      const value = readText(setting.schema, text);
      return [{ type: "value", setting, value, origin: { type: "variable", name } }];
    }
    return isFromKubernetes(name, text) ? [] : [unknown("variable", name, nearestVariable(name))];
  });
}

/**
 * Kubernetes tells every pod of the services around it, in variables named after them
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables): for a
 * service called `holdfast`, or `holdfast-` and more, they look like ours. `HOLDFAST_PORT=7117` is
 * not among them, for their value of it is a URL.
 */
function isFromKubernetes(name: string, value: string): boolean {
  if (serviceVariable.test(name)) return true;
  return /^HOLDFAST_(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value);
}

const serviceVariable =
  /^HOLDFAST_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;

/** Compared without the prefix, which would make all of them look alike. */
function nearestVariable(name: string): string | undefined {
  const known = [configVariable, ...settings.map(({ variable }) => variable)];
  const meant = nearest(
    name.slice(variablePrefix.length),
    known.map((variable) => variable.slice(variablePrefix.length)),
  );
  return meant && variablePrefix + meant;
}

/** Makes of a text what the file would hold; a text that makes no sense stays, to be refused. */
function readText(schema: TSchema, text: string): unknown {
  if (Type.IsInteger(schema)) return /^\d+$/.test(text) ? Number(text) : text;
  if (Type.IsBoolean(schema)) return text === "true" || (text === "false" ? false : text);
  if (Type.IsArray(schema)) return text === "" ? [] : text.split(",").map((item) => item.trim());
  return text;
}

/** Says nothing of the value: a misspelt name may carry a password. */
function unknown(what: string, name: string, meant: string | undefined): Finding {
  return problem(`unknown ${what} ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}
