/**
 * Patterns of addresses, in the lists of users:
 *
 *     192.0.2.7       2001:db8::7     one address
 *     192.0.2.0/24    2001:db8::/32   a network (RFC 4632, RFC 4291)
 *     192.0.*         2001:db8:*      all addresses that begin so; only whole octets or groups
 *     *                               every address
 *
 * They are never made into regular expressions. An IPv4 address in IPv6 (RFC 4291, section 2.5.5.2) counts as the address
 * in it.
 */

/** An address, or the beginning of some, as numbers of `partBits` each. */
interface Parts {
  readonly parts: readonly number[];
  readonly partBits: 8 | 16;
}

interface Prefix extends Parts {
  /** How many bits of an address must be the same. */
  readonly bits: number;
}

export const everyAddress = "*";

export function isAddressPattern(pattern: string): boolean {
  return pattern === everyAddress || prefixIn(pattern) !== undefined;
}

/** Whether the address is one of the pattern's. A text that is no pattern has none. */
export function matchesAddress(pattern: string, address: string): boolean {
  if (pattern === everyAddress) return true;
  const prefix = prefixIn(pattern);
  const parts = partsIn(address.replace(/%.*/, ""));
  return prefix !== undefined && parts !== undefined && beginsWith(parts, prefix);
}

function beginsWith({ parts, partBits }: Parts, prefix: Prefix): boolean {
  if (partBits !== prefix.partBits) return false;
  for (let place = 0, bits = prefix.bits; bits > 0; place += 1, bits -= partBits) {
    const ignored = Math.max(0, partBits - bits);
    if ((parts[place] as number) >> ignored !== (prefix.parts[place] as number) >> ignored) {
      return false;
    }
  }
  return true;
}

/** No pattern is longer, in characters: eight groups, or six and four octets, and the length. */
const patternLengthMax = 64;

function prefixIn(pattern: string): Prefix | undefined {
  if (pattern.length > patternLengthMax) return undefined;
  const [begin = "", length, ...more] = pattern.split("/");
  if (more.length > 0) return undefined;
  const parts = length === undefined ? (openPartsIn(begin) ?? partsIn(begin)) : partsIn(begin);
  if (parts === undefined) return undefined;
  const bitsMax = parts.parts.length * parts.partBits;
  if (length === undefined) return { ...parts, bits: bitsMax };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : bitsMax + 1;
  return bits > bitsMax ? undefined : { ...parts, bits };
}

/** What is in front of `.*` or `:*`. */
function openPartsIn(pattern: string): Parts | undefined {
  const begin = pattern.replace(/([.:]\*)+$/, "");
  if (begin === pattern) return undefined;
  const isIpv6 = pattern.endsWith(":*");
  const parts = isIpv6 ? groupsIn(begin.split(":")) : octetsIn(begin.split("."));
  const partsMax = isIpv6 ? 7 : 3;
  if (parts === undefined || parts.length > partsMax) return undefined;
  return { parts, partBits: isIpv6 ? 16 : 8 };
}

function partsIn(address: string): Parts | undefined {
  if (!address.includes(":")) return ipv4(octetsIn(address.split(".")));
  const groups = ipv6GroupsIn(withoutDots(address));
  if (groups === undefined) return undefined;
  const isIpv4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isIpv4) return { parts: groups, partBits: 16 };
  return ipv4(groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]));
}

function ipv4(octets: readonly number[] | undefined): Parts | undefined {
  return octets?.length === 4 ? { parts: octets, partBits: 8 } : undefined;
}

/** An IPv4 address at the end of an IPv6 address, as two groups. */
function withoutDots(address: string): string {
  const [tail] = /[\d.]+$/.exec(address) ?? [];
  const octets = tail?.includes(".") ? octetsIn(tail.split(".")) : undefined;
  if (tail === undefined || octets?.length !== 4) return address;
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const groups = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16));
  return address.slice(0, -tail.length) + groups.join(":");
}

function ipv6GroupsIn(address: string): readonly number[] | undefined {
  const sides = address.split("::").map((side) => groupsIn(side === "" ? [] : side.split(":")));
  const [head, tail] = sides;
  if (head === undefined || sides.length > 2) return undefined;
  if (sides.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail];
}

function octetsIn(texts: readonly string[]): readonly number[] | undefined {
  const octets = texts.map((text) => (/^\d{1,3}$/.test(text) ? Number(text) : 256));
  return octets.every((octet) => octet < 256) ? octets : undefined;
}

function groupsIn(texts: readonly string[]): readonly number[] | undefined {
  const isGroup = (text: string) => /^[\da-f]{1,4}$/i.test(text);
  return texts.every(isGroup) ? texts.map((text) => Number.parseInt(text, 16)) : undefined;
}
