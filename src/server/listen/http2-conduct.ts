import { constants } from "node:http2";

/**
 * Counts the acts of an HTTP/2 client that cost the server work and ask for nothing. Each fault has an allowance:
 * so much at once, and so much more with each second. docs/operating/limits.md explains the rows.
 */
export interface Conduct {
  readonly left: Record<Fault, number>;
  refilledAtMs: number;
}

export type Fault = keyof typeof allowances;

interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

export const allowances = {
  /** Streams that the client reset while they were young: rapid reset, CVE-2023-44487. */
  resets: { burst: 1_000, perSecond: 100 },
  /** Streams that the server had to reset because the client broke their rules: MadeYouReset, CVE-2025-8671. */
  broken_streams: { burst: 50, perSecond: 10 },
  /** CVE-2019-9512. Clients also ping to measure their way to the server, once or twice for an answer. */
  pings: { burst: 500, perSecond: 10 },
  /** CVE-2019-9515. */
  settings: { burst: 100, perSecond: 1 },
  /** Bytes of frames that neither open a stream nor bring data; CVE-2019-9513, -9517, -9518 and their like. */
  idle_bytes: { burst: 1024 * 1024, perSecond: 64 * 1024 },
} as const satisfies Record<string, Allowance>;

/** A stream that the client resets later has waited: that is cheap, and what clients do that shut down. */
export const youngMs = 1000;

/** Pings that go with one answer. */
const pingsPerAnswer = 2;

const faults = Object.keys(allowances) as Fault[];

export function createConduct(nowMs: number): Conduct {
  const left = Object.fromEntries(faults.map((fault) => [fault, allowances[fault].burst]));
  return { left: left as Conduct["left"], refilledAtMs: nowMs };
}

/** Counts the fault. Returns whether that is more than the client may do. */
export function isTooMuch(conduct: Conduct, fault: Fault, count: number, nowMs: number): boolean {
  refill(conduct, nowMs);
  conduct.left[fault] -= count;
  return conduct.left[fault] < 0;
}

/** The client has been sent an answer. */
export function allowPings({ left }: Conduct): void {
  left.pings = Math.min(allowances.pings.burst, left.pings + pingsPerAnswer);
}

function refill(conduct: Conduct, nowMs: number): void {
  const seconds = (nowMs - conduct.refilledAtMs) / 1000;
  if (seconds <= 0) return;
  conduct.refilledAtMs = nowMs;
  for (const fault of faults) {
    const { burst, perSecond } = allowances[fault];
    conduct.left[fault] = Math.min(burst, conduct.left[fault] + seconds * perSecond);
  }
}

const {
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_FLOW_CONTROL_ERROR,
  NGHTTP2_STREAM_CLOSED,
  NGHTTP2_FRAME_SIZE_ERROR,
} = constants;

/** Codes with which nghttp2 resets a stream because of its client. */
const brokenCodes: ReadonlySet<number> = new Set([
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_FLOW_CONTROL_ERROR,
  NGHTTP2_STREAM_CLOSED,
  NGHTTP2_FRAME_SIZE_ERROR,
]);

/** The fault of the client behind a stream that has closed with this code, which is not 0. */
export function faultOf(resetCode: number, ageMs: number): Fault | undefined {
  if (brokenCodes.has(resetCode)) return "broken_streams";
  return ageMs < youngMs ? "resets" : undefined;
}

/** The debug text of GOAWAY. gRPC clients know `too_many_pings` and ping less from then on. */
export function debugText(fault: Fault): string {
  return `too_many_${fault}`;
}
