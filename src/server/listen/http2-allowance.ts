import type { ServerHttp2Session } from "node:http2";

/**
 * How many streams a client may have open (SETTINGS_MAX_CONCURRENT_STREAMS; RFC 9113, section 5.1.2). Node opens all
 * streams of a chunk in one go, and a chunk has room for a thousand. So a client has few at first, and nghttp2 refuses
 * further ones before they cost anything. A client whose calls wait, such as for locks, gets more.
 */
export interface Allowance {
  /** What it may have now. It never gets less, because it may use what it was told. */
  streams: number;
  /** What it may ever have. */
  readonly streamsMax: number;
}

export const streamsAtFirst = 256;

export function createAllowance(streamsMax: number): Allowance {
  return { streams: Math.min(streamsAtFirst, streamsMax), streamsMax };
}

/** Doubles what the client may have once half of it waits for answers that are to come later. */
export function allowMore(
  allowance: Allowance,
  session: Pick<ServerHttp2Session, "settings">,
  waitingCount: number,
): void {
  const { streams, streamsMax } = allowance;
  if (waitingCount < streams / 2 || streams === streamsMax) return;
  allowance.streams = Math.min(2 * streams, streamsMax);
  session.settings({ maxConcurrentStreams: allowance.streams });
}
