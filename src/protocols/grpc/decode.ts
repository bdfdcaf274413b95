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
    const { number, wireType } = readTag(reader);
    const place = places.get(number);
    if (place === undefined || wireTypeOf(place.field.type) !== wireType) {
      pass(reader, { number, wireType });
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
      return readInt32(reader);
    case "bool":
      return readVarint(reader) > 0;
    case "enum":
      return nameOf(type.enum.numbers, readInt32(reader));
    case "message":
      return decode(type.message, readBytes(reader));
  }
}

/** The name of the number; the number itself, as text, if the table lacks it. */
function nameOf(numbers: Readonly<Record<string, number>>, number: number): string {
  for (const name of Object.keys(numbers)) if (numbers[name] === number) return name;
  return String(number);
}

/** The number of a field and how its value is written. */
interface Tag {
  readonly number: number;
  readonly wireType: number;
}

const fieldNumberMax = 2 ** 29 - 1;

function readTag(reader: Reader): Tag {
  const tag = readVarint(reader);
  const number = Math.floor(tag / 8);
  if (number === 0) throw new ProtobufError("a field has the number 0");
  if (number > fieldNumberMax) throw new ProtobufError("a field has a number that is too large");
  return { number, wireType: tag % 8 };
}

/** A varint has 64 bits at most, in 10 bytes. */
const varintBytesMax = 10;

/** Exact up to 2^53, and greater than any length beyond. */
function readVarint(reader: Reader): number {
  let value = 0;
  let factor = 1;
  for (let place = 0; place < varintBytesMax; place++) {
    const byte = readByte(reader);
    if (place === varintBytesMax - 1 && byte > 1 && byte < 0x80) throw tooManyBits();
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 0x80;
  }
  throw new ProtobufError("a number has no end");
}

/** The low 32 bits: as all readers do, this one drops the others of a number that should have 32. */
function readInt32(reader: Reader): number {
  const start = reader.at;
  readVarint(reader);
  let value = 0;
  for (let at = Math.min(reader.at, start + 5) - 1; at >= start; at--) {
    value = (value << 7) | ((reader.bytes[at] ?? 0) & 0x7f);
  }
  return value;
}

function tooManyBits(): ProtobufError {
  return new ProtobufError("a number has more than 64 bits");
}

function readByte(reader: Reader): number {
  const byte = reader.bytes[reader.at];
  if (byte === undefined) throw endedEarly();
  reader.at += 1;
  return byte;
}

function readBytes(reader: Reader): Uint8Array {
  const length = readVarint(reader);
  return skip(reader, length);
}

function skip(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw endedEarly();
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}

/** Passes over the value of an unknown field. */
function pass(reader: Reader, tag: Tag, depth = 0): void {
  if (tag.wireType === wireTypes.varint) readVarint(reader);
  else if (tag.wireType === wireTypes.fixed64) skip(reader, 8);
  else if (tag.wireType === wireTypes.lengthDelimited) readBytes(reader);
  else if (tag.wireType === wireTypes.startGroup) passGroup(reader, tag.number, depth + 1);
  else if (tag.wireType === wireTypes.fixed32) skip(reader, 4);
  else throw new ProtobufError(`a field has the wire type ${tag.wireType}`);
}

/** Groups within groups; other readers stop there, too. */
const groupDepthMax = 100;

/** No message here has a group, but those of later versions, or of other programs, may. */
function passGroup(reader: Reader, number: number, depth: number): void {
  if (depth > groupDepthMax) throw new ProtobufError("groups are nested too deeply");
  for (;;) {
    const tag = readTag(reader);
    if (tag.wireType !== wireTypes.endGroup) pass(reader, tag, depth);
    else if (tag.number === number) return;
    else throw new ProtobufError("a group ends that has not begun");
  }
}

function text(bytes: Uint8Array): string {
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw new ProtobufError("a string is not UTF-8");
  return decoded;
}

function endedEarly(): ProtobufError {
  return new ProtobufError("the message ends too early");
}
