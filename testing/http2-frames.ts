/** HTTP/2 frames as bytes, for clients that send what no library would; RFC 9113 and RFC 7541. */
export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
  unknown: 0xbe,
} as const;

export type FrameType = keyof typeof frameTypes;

export const endStream = 1;
export const endHeaders = 4;

export function frame(
  type: FrameType,
  { flags = 0, stream = 0 }: { readonly flags?: number; readonly stream?: number },
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = frameTypes[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The preface and empty settings. */
export const opening = openingWith(Buffer.alloc(0));

export function openingWith(settings: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame("settings", {}, settings),
  ]);
}

/** Settings with which the client takes no bytes of any answer: SETTINGS_INITIAL_WINDOW_SIZE is 0. */
export const windowOfZero = Buffer.from([0, 4, 0, 0, 0, 0]);

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A literal without indexing, so that no table is needed; up to 126 bytes each. */
export function header(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

function text(of: string): Buffer {
  const bytes = Buffer.from(of);
  if (bytes.length > 126) throw new RangeError("such long texts are not written here");
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

export function callHeaders(stream: number, path: string, more: readonly Buffer[] = []): Buffer {
  const block = [
    header(":method", "POST"),
    header(":scheme", "http"),
    header(":path", path),
    header(":authority", "localhost"),
    header("content-type", "application/grpc"),
    ...more,
  ];
  return frame("headers", { flags: endHeaders, stream }, Buffer.concat(block));
}

/** A whole call with an empty message. */
export function wholeCall(stream: number, path: string, more: readonly Buffer[] = []): Buffer {
  const message = frame("data", { flags: endStream, stream }, Buffer.alloc(5));
  return Buffer.concat([callHeaders(stream, path, more), message]);
}

/** As many frames as `make` gives for the client's first streams. */
export function forStreams(count: number, make: (stream: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => make(2 * index + 1)));
}
