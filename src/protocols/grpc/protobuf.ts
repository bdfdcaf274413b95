/**
 * Protocol Buffers, as far as the services here need them: messages are tables of fields, from which
 * follow their TypeScript types, their bytes (https://protobuf.dev/programming-guides/encoding/) and
 * their descriptors (descriptor.ts).
 */

/** The bytes are no such message. The error's text is fit for a client. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

/** A field. `Value` is the type of its value in the program. */
export interface Field<Value = unknown> {
  readonly number: number;
  readonly type: FieldType;
  readonly label: Label;
  /** The name of its oneof, of which at most one field is set. */
  readonly choice?: string;
  /** Never present: it ties the field to its type. */
  readonly value?: Value;
}

/**
 * An absent `plain` field has the default of its type, which is never sent. An absent `optional` field is
 * `undefined`, and so is an absent message.
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

/** A message in the program, decoded or to be encoded. */
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

/** A field that holds a message; its presence needs no label. */
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

/** A field of a oneof, of which at most one is present. */
export function oneOf<Value>(choice: string, { number, type }: Field<Value>) {
  const field: Field<Value | undefined> = { number, type, label: "optional", choice };
  return field;
}

export function messageType<const F extends Fields>(name: string, fields: F): MessageType<F> {
  return { name, fields };
}

/** The field's name in JSON, in lowerCamelCase. */
export function jsonName(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function plain<Value>(number: number, type: FieldType): Field<Value> {
  return { number, type, label: "plain" };
}
