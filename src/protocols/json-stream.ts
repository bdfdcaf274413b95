/**
 * Cuts a stream of JSON values (RFC 8259) into its values, however the bytes arrive. White space may separate them, and
 * nothing need. Each byte is looked at as it comes, so the stream keeps no more than one unfinished value within the
 * limits, and its cost is linear.
 *
 * Behind a fault the stream goes on with the next `{` at the beginning of a line, or of what arrives next. So a broken
 * message is one fault, a message behind it is read, and nothing within it is taken for one.
 */
import type { JsonText } from "../core/ids.ts";
import { grown } from "./growing.ts";
import { isJsonSpace } from "./json-bytes.ts";
import {
  createJsonScanner,
  type JsonFault,
  type JsonScanner,
  type JsonScannerLimits,
  resetJsonScanner,
  scan,
} from "./json-scanner.ts";
import { decodeUtf8 } from "./utf8.ts";

export interface JsonStreamLimits extends JsonScannerLimits {
  /** Bytes of one value. */
  readonly bytesMax: number;
}

export type JsonPiece =
  /** The text of a whole value, without white space around it. */
  | { readonly type: "value"; readonly text: JsonText }
  /** Something that is none. */
  | { readonly type: "fault"; readonly fault: JsonFault | "too_large" };

export interface JsonStream {
  readonly limits: JsonStreamLimits;
  readonly scanner: JsonScanner;
  /** Its first `begunBytes` bytes are the beginning of a value whose end has not arrived. */
  begun: Buffer;
  begunBytes: number;
  /** The bytes behind that, which were not looked at yet. */
  rest: Uint8Array;
  /** Behind a fault, until the stream can go on. */
  isPassingOver: boolean;
}

const openBrace = 0x7b;
const lineFeed = 0x0a;

const nothing = Buffer.alloc(0);

export function createJsonStream(limits: JsonStreamLimits): JsonStream {
  return {
    limits,
    scanner: createJsonScanner(limits),
    begun: nothing,
    begunBytes: 0,
    rest: nothing,
    isPassingOver: false,
  };
}

/** Takes what has arrived. The bytes must not change until they were read. */
export function feedJson(stream: JsonStream, bytes: Uint8Array): void {
  const { rest } = stream;
  stream.rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
}

/** The next value or fault; `undefined` while there is none. */
export function nextJson(stream: JsonStream): JsonPiece | undefined {
  if (stream.isPassingOver) goOn(stream, fromBrace(stream.rest));
  if (stream.begunBytes === 0) stream.rest = withoutSpace(stream.rest);
  const { rest, scanner, limits } = stream;
  if (rest.length === 0) return undefined;
  const { outcome, end } = scan(scanner, rest);
  if (outcome !== "whole" && outcome !== "unfinished") return faultAt(stream, end, outcome);
  if (stream.begunBytes + end > limits.bytesMax) return faultAt(stream, end, "too_large");
  const piece = rest.subarray(0, end);
  stream.rest = rest.subarray(end);
  if (outcome === "unfinished") {
    keep(stream, piece);
    return undefined;
  }
  const text = decodeUtf8(stream.begunBytes === 0 ? piece : keep(stream, piece));
  forgetBegun(stream);
  return text === undefined
    ? { type: "fault", fault: "syntax" }
    : { type: "value", text: text as JsonText };
}

/** Whether a value has begun that is not whole yet. */
export function isWithinJson({ begunBytes }: JsonStream): boolean {
  return begunBytes > 0;
}

/** Memory that the stream holds, in bytes. */
export function bytesHeld({ begun, rest }: JsonStream): number {
  return begun.length + rest.length;
}

/** Adds the piece to the value that has begun, and returns what there is of it. */
function keep(stream: JsonStream, piece: Uint8Array): Uint8Array {
  const { begun, begunBytes } = stream;
  stream.begunBytes += piece.length;
  stream.begun = grown(begun, begunBytes, stream.begunBytes);
  stream.begun.set(piece, begunBytes);
  return stream.begun.subarray(0, stream.begunBytes);
}

function forgetBegun(stream: JsonStream): void {
  stream.begun = nothing;
  stream.begunBytes = 0;
}

function faultAt(stream: JsonStream, at: number, fault: JsonFault | "too_large"): JsonPiece {
  const { rest } = stream;
  forgetBegun(stream);
  resetJsonScanner(stream.scanner);
  const isAtLineStart = at === 0 || rest[at - 1] === lineFeed;
  const line = isAtLineStart ? at : lineBehind(rest, at);
  goOn(stream, fromBrace(rest.subarray(line)));
  return { type: "fault", fault };
}

/** Goes on with these bytes; with none of them, when something arrives. */
function goOn(stream: JsonStream, bytes: Uint8Array): void {
  stream.rest = bytes;
  stream.isPassingOver = bytes.length === 0;
}

/** The bytes from the first line on that begins with `{`. */
function fromBrace(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length && bytes[at] !== openBrace) at = lineBehind(bytes, at);
  return bytes.subarray(at);
}

/** Where the next line begins. */
function lineBehind(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(lineFeed, from);
  return end === -1 ? bytes.length : end + 1;
}

function withoutSpace(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length && isJsonSpace(bytes[at] as number)) at += 1;
  return at === 0 ? bytes : bytes.subarray(at);
}
