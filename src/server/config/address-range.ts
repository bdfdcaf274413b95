import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Whether the text is an IP address, or a range of them in CIDR notation (RFC 4632), such as `10.0.0.0/8`. */
export function isAddressRange(text: string): boolean {
  const { address, prefixBits, bits } = partsOf(text);
  const isAddress = bits === 32 ? isIPv4(address) : isIPv6(address) && !address.includes("%");
  return isAddress && (prefixBits === undefined || isPrefix(prefixBits, bits));
}

/** Whether the range holds every address of its kind. */
export function isWholeSpace(range: string): boolean {
  return Number(partsOf(range).prefixBits ?? 1) === 0;
}

/** The addresses in the ranges. One of IPv4 is found in the form that is mapped into IPv6, too. */
export function addressesIn(ranges: readonly string[]): BlockList {
  const addresses = new BlockList();
  for (const range of ranges) {
    const { address, prefixBits, bits } = partsOf(range);
    addresses.addSubnet(address, Number(prefixBits ?? bits), bits === 32 ? "ipv4" : "ipv6");
  }
  return addresses;
}

function partsOf(range: string) {
  const [address = "", ...rest] = range.split("/");
  const prefixBits = rest.length === 0 ? undefined : rest.join("/");
  return { address, prefixBits, bits: address.includes(":") ? 128 : 32 };
}

function isPrefix(text: string, bits: number): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= bits;
}
