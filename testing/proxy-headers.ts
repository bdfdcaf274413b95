/** Headers of the PROXY protocol, as proxies send them. */

/** Version 1, on behalf of a client with this address. */
export function proxyLine(address: string): string {
  return address.includes(":")
    ? `PROXY TCP6 ${address} 2001:db8::1 56324 443\r\n`
    : `PROXY TCP4 ${address} 192.0.2.1 56324 443\r\n`;
}

export const version2Start: Buffer = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** Version 2, with any command, family and transport, and whatever follows the head. */
export function proxyBlock(
  commandByte: number,
  familyByte: number,
  block: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.of(commandByte, familyByte, block.length >> 8, block.length & 0xff);
  return Buffer.concat([version2Start, head, block]);
}

/** Version 2, on behalf of a client with this IPv4 address; extensions follow the addresses. */
export function proxyBlock4(address: string, extensions: Uint8Array = Buffer.alloc(0)): Buffer {
  const source = Buffer.from(address.split(".").map(Number));
  const rest = Buffer.of(192, 0, 2, 1, 0xdc, 0x04, 0x01, 0xbb);
  return proxyBlock(0x21, 0x11, Buffer.concat([source, rest, extensions]));
}

/** What a proxy sends when it checks the health of the server. */
export const proxyLocal: Buffer = proxyBlock(0x20, 0x00);
