import type { Random } from "./history/random.ts";

/** One to four damages: bytes changed, lost, put in, doubled, or a piece moved to the end. */
export function damaged(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let count = 1 + random.below(4); count > 0; count--) result = damagedOnce(result, random);
  return result;
}

function damagedOnce(bytes: Buffer, random: Random): Buffer {
  const [one, other] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  const [before, piece, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, to),
    bytes.subarray(to),
  ];
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, Buffer.of(random.below(256)), bytes.subarray(from + 1)]);
    case 1:
      return Buffer.concat([before, bytes.subarray(from + 1 + random.below(4))]);
    case 2:
      return Buffer.concat([
        before,
        Buffer.from(random.pick(tokens), "latin1"),
        bytes.subarray(from),
      ]);
    case 3:
      return Buffer.concat([before, piece, piece, after]);
    case 4:
      return Buffer.concat([before, after, piece]);
    default:
      return Buffer.concat([before, after]);
  }
}

/** What parsers stumble over. */
const tokens = [
  "\r\n",
  "\n",
  "\0",
  "\xff",
  "{",
  "}]",
  '"',
  "\\u0000",
  "1e999",
  '"__proto__":',
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "Connection: close, upgrade\r\n",
  "HTTP/1.0",
  "0\r\n\r\n",
] as const;
