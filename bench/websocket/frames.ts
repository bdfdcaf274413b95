/** As latin1 strings, one character per byte: small writes of those need no buffer. */
export type ByteString = string;

/** A whole text frame from a client, masked (RFC 6455, section 5.2). At most 125 bytes of ASCII. */
export function clientFrame(text: string): ByteString {
  if (text.length > 125) throw new RangeError("the text is too long for the frames of this bench");
  const mask = [0x37, 0xfa, 0x21, 0x3d];
  const masked = Array.from(
    Buffer.from(text, "latin1"),
    (byte, place) => byte ^ (mask[place % 4] as number),
  );
  return String.fromCharCode(0x81, 0x80 | text.length, ...mask, ...masked);
}

/** What the server says; told apart by single bytes, since everything else about them is known. */
export type Answer = "acquired" | "enqueued" | "ready";

/**
 * Calls `take` for each whole frame in the bytes before `end`, and returns where the rest begins.
 * Throws when a frame is none of the three answers: the server closes, or complains.
 */
export function readAnswers(bytes: Buffer, end: number, take: (answer: Answer) => void): number {
  let at = 0;
  while (end - at >= headerBytes) {
    const frameEnd = at + headerBytes + (bytes[at + 1] as number);
    if (frameEnd > end) break;
    if (bytes[at] === finalText) take(answerBefore(bytes, frameEnd));
    else if (bytes[at] !== finalPing) throw new Error(`the server sent ${words(bytes, at, end)}`);
    at = frameEnd;
  }
  return at;
}

/** All answers are short; RFC 6455, section 5.2. */
const headerBytes = 2;
const finalText = 0x81;
const finalPing = 0x89;

/** They end in `acquired"}`, `enqueued"}` or `ready"}`, and a newline. */
function answerBefore(bytes: Buffer, end: number): Answer {
  if (bytes[end - 1] === newline) {
    if (bytes[end - 4] === letter.y) return "ready";
    if (bytes[end - 11] === letter.a) return "acquired";
    if (bytes[end - 11] === letter.e) return "enqueued";
  }
  throw new Error(`the server sent ${words(bytes, Math.max(0, end - 125), end)}`);
}

const newline = 0x0a;
const letter = { a: 0x61, e: 0x65, y: 0x79 } as const;

function words(bytes: Buffer, start: number, end: number): string {
  return JSON.stringify(bytes.toString("latin1", start, end));
}
