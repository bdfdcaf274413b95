/** The schema of an argument, in the subset of JSON Schema that the methods need. */
export interface Schema {
  readonly type: SchemaType | readonly SchemaType[];
  /** The only format of strings here. */
  readonly format?: "uuid";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
}

type SchemaType = "null" | "string" | "array" | "object";

/**
 * The errors of the arguments, in the words that upstream's clients know from their logs: the place as a
 * JSON pointer (RFC 6901), then the requirement. No value is converted.
 */
export function argumentErrors(
  schemas: readonly Schema[],
  given: readonly unknown[],
): readonly string[] {
  if (given.length !== schemas.length) return ["Invalid number of arguments"];
  return schemas.flatMap((schema, place) => errorsAt(`/${place}`, schema, given[place]));
}

function errorsAt(pointer: string, schema: Schema, value: unknown): readonly string[] {
  const types = [schema.type].flat();
  if (!types.includes(typeOf(value) as SchemaType)) {
    return [`${pointer} must be ${types.join(",")}`];
  }
  if (typeof value === "string") return stringErrors(pointer, schema, value);
  return schema.properties === undefined ? [] : objectErrors(pointer, schema, value as object);
}

function stringErrors(pointer: string, { format }: Schema, value: string): readonly string[] {
  return format === undefined || uuid.test(value)
    ? []
    : [`${pointer} must match format "${format}"`];
}

/** A UUID of any version, in any case, also as a URN; RFC 9562, section 4. */
const uuid = /^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Checks own members only: the client did not send inherited ones. */
function objectErrors(pointer: string, schema: Schema, value: object): readonly string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const members = Object.entries(value);
  return [
    ...required
      .filter((name) => !Object.hasOwn(value, name))
      .map((name) => `${pointer} must have required property '${name}'`),
    ...members.flatMap(([name, member]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (known !== undefined) return errorsAt(`${pointer}/${name}`, known, member);
      return additionalProperties === false ? [extraMember(pointer, name)] : [];
    }),
  ].slice(0, errorsMax);
}

/** Errors reported for one object; a message of a megabyte may have a hundred thousand. */
const errorsMax = 20;
const nameLengthMax = 100;

function extraMember(pointer: string, name: string): string {
  const shown = name.length <= nameLengthMax ? name : `${name.slice(0, nameLengthMax)}…`;
  return `${pointer} must NOT have additional property '${shown.toWellFormed()}'`;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
