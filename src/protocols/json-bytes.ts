/** The bytes that have a meaning in JSON (RFC 8259). */
export const codes = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  upperE: 0x45,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  lowerA: 0x61,
  lowerE: 0x65,
  lowerF: 0x66,
  lowerU: 0x75,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

export function isJsonSpace(byte: number): boolean {
  const { space, lineFeed, carriageReturn, tab } = codes;
  return byte === space || byte === lineFeed || byte === carriageReturn || byte === tab;
}

export function isDigit(byte: number): boolean {
  return byte >= codes.zero && byte <= codes.nine;
}

export function isHexDigit(byte: number): boolean {
  if (isDigit(byte)) return true;
  const lower = byte | 0x20;
  return lower >= codes.lowerA && lower <= codes.lowerF;
}
