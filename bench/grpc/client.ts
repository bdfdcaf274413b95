import { connect } from "node:net";
import { callFrames, opening, readFrames, withStream } from "./frames.ts";

export interface ClientOptions {
  readonly port: number;
  /** Of the lock; every connection has its own. */
  readonly name: string;
  /** Of all connections. */
  readonly tally: { calls: number };
  /** Told how long a call took. */
  answered(ms: number): void;
}

/**
 * A connection which, from the call of the function on, locks and unlocks for ever, one call at a time. It is
 * open when the server has spoken first. If it ends, the whole process fails: the figures would be wrong.
 */
export function openClient({ port, name, tally, answered }: ClientOptions): Promise<() => void> {
  const tryLock = callFrames("/ldlm.LDLM/TryLock", field(1, name));
  /** The key is written into its place, which is the end. */
  const unlock = callFrames("/ldlm.LDLM/Unlock", Buffer.concat([field(1, name), field(2, anyKey)]));
  const keyAt = unlock.length - anyKey.length;
  let stream = -1;
  let isLocking = false;
  let sentAtMs = 0;
  let rest: Buffer = Buffer.alloc(0);

  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("close", () => {
      throw new Error("the server closed a connection");
    });

    function send(): void {
      isLocking = !isLocking;
      stream += 2;
      sentAtMs = performance.now();
      socket.write(withStream(isLocking ? tryLock : unlock, stream));
    }

    const reader = {
      message(_stream: number, message: Buffer): void {
        // The key is the last field of a lock that is granted.
        if (isLocking) message.copy(unlock, keyAt, message.length - anyKey.length);
      },
      ended(): void {
        tally.calls += 1;
        answered(performance.now() - sentAtMs);
        send();
      },
      reply: (bytes: Buffer) => void socket.write(bytes),
    };

    socket.on("data", (chunk) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = readFrames(bytes, reader);
      rest = end === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end));
    });
    socket.once("data", () => resolve(send));
    socket.once("connect", () => socket.write(opening));
  });
}

const anyKey = "00000000-0000-4000-8000-000000000000";

/** A string of Protocol Buffers. */
function field(number: number, text: string): Buffer {
  return Buffer.from([(number << 3) | 2, text.length, ...Buffer.from(text)]);
}
