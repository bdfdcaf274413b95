import { grown } from "../growing.ts";
import type { Field, FieldType, Message, MessageType } from "./protobuf.ts";
import { wireTypeOf } from "./wire-types.ts";

/**
 * The bytes of a message: fields in the order of the table, without plain fields that have their default.
 * An omitted field counts as absent.
 */
export function encode<Type extends MessageType>(
  type: Type,
  message: Partial<Message<Type>>,
): Uint8Array {
  const writer: Writer = { buffer: Buffer.allocUnsafe(sizeUsual), at: 0 };
  const values = message as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(type.fields)) {
    writeField(writer, type.fields[name] as Field, values[name]);
  }
  return writer.buffer.subarray(0, writer.at);
}

interface Writer {
  /** Grows as needed. */
  buffer: Buffer;
  at: number;
}

const sizeUsual = 128;

/** A tag and a length, or a number, of up to 10 bytes. */
const numbersBytesMax = 15;

function writeField(writer: Writer, field: Field, value: unknown): void {
  if (value === undefined) return;
  if (field.label === "repeated") {
    for (const item of value as readonly unknown[]) write(writer, field, item);
  } else if (field.label === "optional" || !isEmpty(field.type, value)) {
    write(writer, field, value);
  }
}

/** Whether the value is the default of an absent field. */
function isEmpty(type: FieldType, value: unknown): boolean {
  switch (type.type) {
    case "bytes":
      return (value as Uint8Array).length === 0;
    case "enum":
      return numberOf(type, value) === 0;
    default:
      return value === "" || value === 0 || value === false;
  }
}

function write(writer: Writer, { number, type }: Field, value: unknown): void {
  const tag = (number << 3) | wireTypeOf(type);
  switch (type.type) {
    case "int32":
      writeNumber(writer, tag, value as number);
      return;
    case "bool":
      writeNumber(writer, tag, value === true ? 1 : 0);
      return;
    case "enum":
      writeNumber(writer, tag, numberOf(type, value));
      return;
    case "string":
      writeText(writer, tag, value as string);
      return;
    case "bytes":
      writeBytes(writer, tag, value as Uint8Array);
      return;
    case "message":
      writeBytes(writer, tag, encode(type.message, value as Message<MessageType>));
      return;
  }
}

function numberOf(type: Extract<FieldType, { type: "enum" }>, value: unknown): number {
  return type.enum.numbers[value as string] as number;
}

/** Negative numbers take 10 bytes, as if they had 64 bits. */
function writeNumber(writer: Writer, tag: number, value: number): void {
  makeRoom(writer, numbersBytesMax);
  writeVarint(writer, tag);
  if (value >= 0) {
    writeVarint(writer, value);
    return;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) writeByte(writer, Number(rest & 0x7fn) | 0x80);
  writeByte(writer, Number(rest));
}

function writeText(writer: Writer, tag: number, text: string): void {
  const length = Buffer.byteLength(text);
  makeRoom(writer, numbersBytesMax + length);
  writeVarint(writer, tag);
  writeVarint(writer, length);
  writer.at += writer.buffer.write(text, writer.at);
}

function writeBytes(writer: Writer, tag: number, bytes: Uint8Array): void {
  makeRoom(writer, numbersBytesMax + bytes.length);
  writeVarint(writer, tag);
  writeVarint(writer, bytes.length);
  writer.buffer.set(bytes, writer.at);
  writer.at += bytes.length;
}

function writeVarint(writer: Writer, value: number): void {
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) writeByte(writer, (rest & 0x7f) | 0x80);
  writeByte(writer, rest);
}

function writeByte(writer: Writer, byte: number): void {
  writer.buffer[writer.at] = byte;
  writer.at += 1;
}

function makeRoom(writer: Writer, bytes: number): void {
  writer.buffer = grown(writer.buffer, writer.at, writer.at + bytes);
}
