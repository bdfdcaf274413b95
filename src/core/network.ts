/**
 * The peer as limits count it: its IPv4 address or, because a host with IPv6 has a whole /64 (RFC 6177), its
 * network. An IPv4 address in IPv6 (RFC 4291, section 2.5.5.2) counts as the address in it.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  if (address.includes(".")) return address.slice(address.lastIndexOf(":") + 1);
  const [head = "", tail = ""] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  const all = address.includes("::")
    ? [...groups, ...new Array<string>(Math.max(0, missing)).fill("0"), ...tail.split(":")]
    : groups;
  return all.slice(0, 4).join(":");
}
