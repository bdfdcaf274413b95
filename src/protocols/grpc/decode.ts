import { decodeUtf8 } from "../utf8.ts";
import {
  type Field,
  type FieldType,
  type Message,
  type MessageType,
  ProtobufError,
} from "./protobuf.ts";
import { wireTypeOf, wireTypes } from "./wire-types.ts";

/**
 * Reads a message. Skips unknown fields; of several values of a field that is not repeated, the last
 * counts. Throws `ProtobufError` when the bytes end too early or are no message, or a string is not UTF-8.
 */
export function decode<Type extends MessageType>(type: Type, bytes: Uint8Array): Message<Type> {
  const { places, empty } = layoutOf(type);
  const values: Record<string, unknown> = { ...empty };
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = readUint32(reader);
    const number = tag >>> 3;
    const wireType = tag & 7;
    if (number === 0) throw new ProtobufError("a field has the number 0");
    const place = places.get(number);
    if (place === undefined || wireTypeOf(place.field.type) !== wireType) {
      pass(reader, wireType);
      continue;
    }
    const value = readValue(reader, place.field.type);
    const isRepeated = place.field.label === "repeated";
    values[place.name] = isRepeated ? [...(values[place.name] as unknown[]), value] : value;
  }
  return values as Message<Type>;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

interface Layout {
  readonly places: ReadonlyMap<number, { readonly name: string; readonly field: Field }>;
  /** The fields of an empty message. */
  readonly empty: Readonly<Record<string, unknown>>;
}

const layouts = new WeakMap<MessageType, Layout>();

function layoutOf(type: MessageType): Layout {
  const known = layouts.get(type);
  if (known !== undefined) return known;
  const fields = Object.entries(type.fields);
  const layout = {
    places: new Map(fields.map(([name, field]) => [field.number, { name, field }])),
    empty: Object.fromEntries(fields.map(([name, field]) => [name, absent(field)])),
  };
  layouts.set(type, layout);
  return layout;
}

function absent({ label, type }: Field): unknown {
  if (label === "optional") return undefined;
  if (label === "repeated") return [];
  switch (type.type) {
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "int32":
      return 0;
    case "bool":
      return false;
    case "enum":
      return nameOf(type.enum.numbers, 0);
    case "message":
      return undefined;
  }
}

function readValue(reader: Reader, type: FieldType): unknown {
  switch (type.type) {
    case "string":
      return text(readBytes(reader));
    case "bytes":
      return readBytes(reader);
    case "int32":
      return readUint32(reader) | 0;
    case "bool":
      return readVarint(reader);
    case "enum":
      return nameOf(type.enum.numbers, readUint32(reader) | 0);
    case "message":
      return decode(type.message, readBytes(reader));
  }
}

/** The name of the number; the number itself, as text, if the table lacks it. */
function nameOf(numbers: Readonly<Record<string, number>>, number: number): string {
  for (const name of Object.keys(numbers)) if (numbers[name] === number) return name;
  return String(number);
}

/** A varint has at most 10 bytes; like all readers, this one drops the bits beyond 32. */
const varintBytesMax = 10;

function readUint32(reader: Reader): number {
  let value = 0;
  for (let place = 0; place < varintBytesMax; place++) {
    const byte = readByte(reader);
    if (place < 5) value |= (byte & 0x7f) << (7 * place);
    if (byte < 0x80) return value >>> 0;
  }
  throw new ProtobufError("a number has no end");
}

/** Whether any bit of the varint is set. */
function readVarint(reader: Reader): boolean {
  let isSet = false;
  for (let place = 0; place < varintBytesMax; place++) {
    const byte = readByte(reader);
    if ((byte & 0x7f) !== 0) isSet = true;
    if (byte < 0x80) return isSet;
  }
  throw new ProtobufError("a number has no end");
}

function readByte(reader: Reader): number {
  const byte = reader.bytes[reader.at];
  if (byte === undefined) throw endedEarly();
  reader.at += 1;
  return byte;
}

function readBytes(reader: Reader): Uint8Array {
  const length = readUint32(reader);
  return skip(reader, length);
}

function skip(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw endedEarly();
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}

function pass(reader: Reader, wireType: number): void {
  if (wireType === wireTypes.varint) readUint32(reader);
  else if (wireType === wireTypes.fixed64) skip(reader, 8);
  else if (wireType === wireTypes.lengthDelimited) readBytes(reader);
  else if (wireType === wireTypes.fixed32) skip(reader, 4);
  // Groups went out of use with proto2, and no message here has any.
  else throw new ProtobufError(`a field has the wire type ${wireType}`);
}

function text(bytes: Uint8Array): string {
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw new ProtobufError("a string is not UTF-8");
  return decoded;
}

function endedEarly(): ProtobufError {
  return new ProtobufError("the message ends too early");
}
