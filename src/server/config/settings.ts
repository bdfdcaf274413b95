import { distance } from "fastest-levenshtein";
import Type, { type TObject, type TSchema } from "typebox";
import type { Annotations } from "./kinds.ts";
import { configSchema } from "./schema.ts";

/** One setting with all its names. */
export interface Setting extends Annotations {
  /** The key in the file, with its sections joined by dots: `ldlm.restSessionTimeout`. */
  readonly key: string;
  /** The heading in documents and help texts. */
  readonly section: string;
  /** `--ldlm-rest-session-timeout`. */
  readonly flag: string;
  /** `HOLDFAST_LDLM_REST_SESSION_TIMEOUT`. */
  readonly variable: string;
  readonly schema: TSchema;
}

export const variablePrefix = "HOLDFAST_";

/** The flag and variable for the file. It is no setting, because a file cannot name another one. */
export const configFlag = "--config";
export const configVariable = `${variablePrefix}CONFIG`;

/** In the order of the schema. */
export const settings: readonly Setting[] = settingsOf(configSchema, "");

/**
 * The candidate that a misspelt word probably stands for. No guess is better than a wild one, so at most
 * two of five characters may differ.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, wrong: distance(word, candidate) / candidate.length }))
    .sort((a, b) => a.wrong - b.wrong);
  return best !== undefined && best.wrong <= 0.4 ? best.candidate : undefined;
}

function settingsOf(section: TObject, prefix: string): readonly Setting[] {
  const { title } = section as TObject & { readonly title: string };
  return Object.entries(section.properties).flatMap(([name, schema]) => {
    const key = prefix + name;
    return Type.IsObject(schema)
      ? settingsOf(schema, `${key}.`)
      : [{ ...annotationsOf(schema), key, section: title, ...namesOf(key), schema }];
  });
}

/** The functions of kinds.ts create all these schemas and add the annotations. */
function annotationsOf(schema: TSchema): Annotations {
  const { description, allowed, placeholder, isSecret, ...rest } = schema as Annotations;
  return {
    description,
    allowed,
    placeholder,
    ...("default" in rest && { default: rest.default }),
    ...(isSecret && { isSecret }),
  };
}

function namesOf(key: string): Pick<Setting, "flag" | "variable"> {
  const words = key.replaceAll(".", "-").replaceAll(/[A-Z]/g, (letter) => `-${letter}`);
  return {
    flag: `--${words.toLowerCase()}`,
    variable: variablePrefix + words.toUpperCase().replaceAll("-", "_"),
  };
}
