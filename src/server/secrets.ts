import { randomFillSync } from "node:crypto";

/** Bytes of a secret: 128 bits, as 32 hexadecimal digits. */
const secretBytes = 16;

/** A call of the generator costs 20 µs, however little it is asked for, so it is asked for so many secrets at once. */
const secretsAtOnce = 256;

/** Returns a function that gives a new secret each time, from the random generator of OpenSSL. */
export function createSecrets(): () => string {
  const pool = Buffer.alloc(secretBytes * secretsAtOnce);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    const secret = pool.toString("hex", next, next + secretBytes);
    // The pool forgets what it gives out.
    pool.fill(0, next, next + secretBytes);
    next += secretBytes;
    return secret;
  };
}
