import assert from "node:assert/strict";
import Type, { type TProperties } from "typebox";
import { type Address, formatAddress, parseAddress } from "./address.ts";
import { isAddressRange } from "./address-range.ts";
import { formatBytes, parseBytes } from "./bytes.ts";
import { durationMax, formatDuration, parseDuration } from "./duration.ts";

/** Annotations of every setting's schema, besides its type. */
export interface Annotations {
  /** One or more sentences for an operator, with their full stops. */
  readonly description: string;
  /** The value as a file would hold it. Absent: unset. */
  readonly default?: unknown;
  /** The accepted values, to complete the sentence "it must be …". */
  readonly allowed: string;
  /** Stands for the value in the help text of the flag. */
  readonly placeholder: string;
  /** The server never prints or logs it, nor quotes it in an error. */
  readonly isSecret?: true;
}

interface SettingOptions<Default> {
  readonly default: Default;
  readonly description: string;
}

/** Settings under a common key; the title is one of the reference's headings. */
export function section<Properties extends TProperties>(title: string, properties: Properties) {
  return Type.Object(properties, { title, additionalProperties: false });
}

/** Where to listen, as an `Address`. */
export function address(setting: SettingOptions<string>) {
  return parsed(parseAddress, formatAddress, {
    ...setting,
    allowed: "HOST:PORT, such as 127.0.0.1:7117, [::1]:7117 or localhost:0 (any free port)",
    placeholder: "HOST:PORT",
  });
}

/** The address of an optional listener: `off`, or an `Address`. */
export function optionalAddress(setting: SettingOptions<string>) {
  const parse = (text: string) => (text === "off" ? "off" : parseAddress(text));
  const format = (place: Address | "off") => (place === "off" ? "off" : formatAddress(place));
  return parsed(parse, format, {
    ...setting,
    allowed: "HOST:PORT, such as 127.0.0.1:9009, [::1]:9009 or localhost:0 (any free port), or off",
    placeholder: "HOST:PORT|off",
  });
}

/** A time span, in milliseconds. */
export function duration({ from, ...setting }: SettingOptions<string> & { readonly from: string }) {
  const range = { from: certain(parseDuration(from)), to: certain(parseDuration(durationMax)) };
  return parsed((text) => within(range, parseDuration(text)), formatDuration, {
    ...setting,
    allowed: `a duration with its unit, such as 500ms, 10s or 1h30m, from ${from} to ${durationMax}`,
    placeholder: "DURATION",
  });
}

interface ByteRange {
  readonly from: string;
  readonly to: string;
}

/** An amount of data, in bytes. A file may hold a plain number. */
export function bytes(setting: SettingOptions<string> & ByteRange) {
  return bytesOf(setting);
}

/** The same, unset by default. */
export function optionalBytes(setting: { readonly description: string } & ByteRange) {
  return Type.Optional(bytesOf(setting));
}

function bytesOf({
  from,
  to,
  ...setting
}: Pick<Annotations, "description" | "default"> & ByteRange) {
  const range = { from: certain(parseBytes(from)), to: certain(parseBytes(to)) };
  const parse = (value: string | number) => within(range, parseBytes(String(value)));
  const annotations: Annotations = {
    ...setting,
    allowed: `a number of bytes, such as 64KiB, 1MiB or 4096, from ${from} to ${to}`,
    placeholder: "BYTES",
  };
  const type = Type.Union([Type.String(), Type.Integer()], { ...annotations });
  return Type.Codec(Type.Refine(type, (value) => parse(value) !== undefined))
    .Decode((value) => certain(parse(value)))
    .Encode(formatBytes);
}

export function count(setting: SettingOptions<number> & { readonly to: number }) {
  const { to, ...rest } = setting;
  const annotations: Annotations = {
    ...rest,
    allowed: `a whole number from 1 to ${to}`,
    placeholder: "NUMBER",
  };
  return Type.Integer({ ...annotations, minimum: 1, maximum: to });
}

export function yesOrNo(description: string) {
  const annotations: Annotations = {
    description,
    default: false,
    allowed: "true or false",
    placeholder: "BOOLEAN",
  };
  return Type.Boolean({ ...annotations });
}

export function choice<const Values extends readonly [string, ...string[]]>(
  values: Values,
  setting: SettingOptions<Values[number]> & { readonly placeholder: string },
) {
  const annotations: Annotations = { ...setting, allowed: `one of ${values.join(", ")}` };
  return Type.Unsafe<Values[number]>(Type.Enum([...values], { ...annotations }));
}

/** A word that is safe in ids, file names and metric labels. */
export function word(setting: SettingOptions<string>) {
  const annotations: Annotations = {
    ...setting,
    allowed: "1 to 64 of the characters a-z, A-Z, 0-9, dot, hyphen and underscore",
    placeholder: "NAME",
  };
  return Type.String({ ...annotations, pattern: /^[\w.-]{1,64}$/ });
}

/** Any text except the empty one. */
export function text(setting: SettingOptions<string>) {
  const annotations: Annotations = { ...setting, allowed: "some text", placeholder: "TEXT" };
  return Type.String({ ...annotations, minLength: 1 });
}

/** The namespace of an API whose clients do not choose one; by default all APIs share it. */
export function namespace(description: string) {
  return text({ default: "default", description });
}

/** A password that metadata of gRPC can carry (RFC 9113, section 8.2.1); unset by default. */
export function secret(description: string) {
  const annotations: Annotations = {
    description,
    allowed:
      "some text of printable ASCII characters, since gRPC carries no others, without a space at either end, and in quotes when it looks like a number",
    placeholder: "TEXT",
    isSecret: true,
  };
  return Type.Optional(Type.String({ ...annotations, pattern: /^[!-~](?:[ -~]*[!-~])?$/ }));
}

/** The path of a file; unset by default. */
export function file(description: string) {
  const annotations: Annotations = {
    description,
    allowed: "the path of a file",
    placeholder: "FILE",
  };
  return Type.Optional(Type.String({ ...annotations, minLength: 1 }));
}

/** Where the server keeps its log. */
export type DataPlace =
  | { readonly type: "memory" }
  /** Relative to the working directory of the process. */
  | { readonly type: "folder"; readonly path: string };

export function dataPlace(setting: SettingOptions<string>) {
  return parsed(parseDataPlace, (place) => (place.type === "memory" ? "memory" : place.path), {
    ...setting,
    allowed: "the path of a folder, or memory",
    placeholder: "FOLDER",
  });
}

/** Where the operators' unix socket is. */
export type SocketPlace =
  | { readonly type: "off" }
  /** Relative to the working directory of the process. */
  | { readonly type: "path"; readonly path: string };

export function socketPlace(description: string) {
  const annotations = {
    description,
    allowed: "the path of a unix socket, or off",
    placeholder: "PATH",
  };
  const format = (place: SocketPlace) => (place.type === "off" ? "off" : place.path);
  return Type.Optional(parsed(parseSocketPlace, format, annotations));
}

/** Web origins (RFC 6454, section 6.2) in the form that browsers send; `*` stands for all. */
export function origins(description: string) {
  const annotations: Annotations = {
    description,
    default: [],
    allowed:
      "a list of origins, such as https://app.example.com, without path and in lower case, or * for all",
    placeholder: "ORIGIN,…",
  };
  return Type.Array(Type.Refine(Type.String(), isOrigin), { ...annotations });
}

/** Names in the Host of requests, each with or without a port; `*` stands for all. */
export function hosts(description: string) {
  const annotations: Annotations = {
    description,
    default: [],
    allowed:
      "a list of host names, such as holdfast.example.com or holdfast.example.com:8443, or * for all",
    placeholder: "HOST,…",
  };
  return Type.Array(Type.Refine(Type.String(), isHost), { ...annotations });
}

/** IP addresses and ranges of them. */
export function addressRanges(setting: SettingOptions<readonly string[]>) {
  const annotations: Annotations = {
    ...setting,
    allowed: "a list of IP addresses and ranges, such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32",
    placeholder: "RANGE,…",
  };
  return Type.Array(Type.Refine(Type.String(), isAddressRange), { ...annotations });
}

/** Tags of users (docs/protocols/nexus.md, section 7), each with the prefix at which it holds unless that is the root. */
export function tags(description: string) {
  const annotations: Annotations = {
    description,
    default: [],
    allowed:
      "a list of tags, such as @topic.sub, or @topic.sub:news for the topic news and what is below it",
    placeholder: "TAG,…",
  };
  return Type.Array(Type.String({ pattern: /^@[^\s:]+(:[^\s]+)?$/ }), { ...annotations });
}

/** A subset of the values, in any order. */
export function choices<const Values extends readonly [string, ...string[]]>(
  values: Values,
  description: string,
) {
  const annotations: Annotations = {
    description,
    default: [],
    allowed: `a list of ${values.join(", ")}`,
    placeholder: "NAME,…",
  };
  const item = Type.Unsafe<Values[number]>(Type.Enum([...values]));
  return Type.Array(item, { ...annotations, uniqueItems: true });
}

/** A text that parses to a `T`; `parse` returns `undefined` for invalid text. */
function parsed<T>(
  parse: (text: string) => T | undefined,
  format: (value: T) => string,
  annotations: Annotations,
) {
  const type = Type.Refine(Type.String({ ...annotations }), (text) => parse(text) !== undefined);
  return Type.Codec(type)
    .Decode((text): T => certain(parse(text)))
    .Encode(format);
}

/** The schema's check runs before the decoding. */
function certain<T>(value: T | undefined): T {
  assert(value !== undefined);
  return value;
}

function within(
  { from, to }: { readonly from: number; readonly to: number },
  value: number | undefined,
): number | undefined {
  return value !== undefined && value >= from && value <= to ? value : undefined;
}

function parseDataPlace(text: string): DataPlace | undefined {
  if (text === "") return undefined;
  return text === "memory" ? { type: "memory" } : { type: "folder", path: text };
}

function parseSocketPlace(text: string): SocketPlace | undefined {
  if (text === "") return undefined;
  return text === "off" ? { type: "off" } : { type: "path", path: text };
}

function isHost(text: string): boolean {
  return text === "*" || /^[a-z\d_]([\w.-]*[\w.])?(:\d{1,5})?$/i.test(text);
}

/** The URL standard has no origin for schemes that it does not know, such as `capacitor://localhost`. */
function isOrigin(text: string): boolean {
  if (text === "*") return true;
  if (/^(https?|wss?):/.test(text)) return URL.canParse(text) && new URL(text).origin === text;
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(text);
}
