/**
 * Protocol Buffers, as far as the services here need them: messages are tables of fields, from which
 * follow their TypeScript types, their bytes (https://protobuf.dev/programming-guides/encoding/) and
 * their descriptors (descriptor.ts).
 */

/** The bytes are no such message. The error's text is fit for a client. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

/** What a field holds. `Value` is how the program sees it. */
export interface Field<Value = unknown> {
  readonly number: number;
  readonly type: FieldType;
  readonly label: Label;
  /** The name of the choice of which at most one field is set. */
  readonly choice?: string;
  /** Never there: it ties the field to its type. */
  readonly value?: Value;
}

/**
 * A `plain` field that is absent has the value of its type that means nothing, and that is not sent; an
 * `optional` one is `undefined` then, and so is any message.
 */
export type Label = "plain" | "optional" | "repeated";

export type FieldType =
  | { readonly type: "string" | "bytes" | "int32" | "bool" }
  | { readonly type: "enum"; readonly enum: EnumType }
  | { readonly type: "message"; readonly message: MessageType };

/** Values are names in the program and numbers on the wire. */
export interface EnumType<Name extends string = string> {
  readonly name: string;
  readonly numbers: Readonly<Record<Name, number>>;
}

export type Fields = Readonly<Record<string, Field>>;

export interface MessageType<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
}

/** What is read of a message, and what one is written from. */
export type Message<Type extends MessageType> =
  Type extends MessageType<infer F>
    ? { readonly [Name in keyof F]: F[Name] extends Field<infer Value> ? Value : never }
    : never;

export const string = (number: number): Field<string> => plain(number, { type: "string" });
export const bytes = (number: number): Field<Uint8Array> => plain(number, { type: "bytes" });
export const int32 = (number: number): Field<number> => plain(number, { type: "int32" });
export const bool = (number: number): Field<boolean> => plain(number, { type: "bool" });

export function enumeration<Name extends string>(number: number, of: EnumType<Name>): Field<Name> {
  return plain(number, { type: "enum", enum: of });
}

/** Messages know of themselves whether they are there. */
export function message<Type extends MessageType>(
  number: number,
  of: Type,
): Field<Message<Type> | undefined> {
  return plain(number, { type: "message", message: of });
}

export function optional<Value>({ number, type }: Field<Value>): Field<Value | undefined> {
  return { number, type, label: "optional" };
}

export function repeated<Value>({
  number,
  type,
}: Field<Value>): Field<readonly NonNullable<Value>[]> {
  return { number, type, label: "repeated" };
}

/** One of several fields of which at most one is there. */
export function oneOf<Value>(choice: string, { number, type }: Field<Value>) {
  const field: Field<Value | undefined> = { number, type, label: "optional", choice };
  return field;
}

export function messageType<const F extends Fields>(name: string, fields: F): MessageType<F> {
  return { name, fields };
}

/** The field as JSON has it, where it is not spelled as in the `.proto` file. */
export function jsonName(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function plain<Value>(number: number, type: FieldType): Field<Value> {
  return { number, type, label: "plain" };
}
