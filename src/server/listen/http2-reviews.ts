import { cutUnread, type Http2Connection, type Http2Options, judge } from "./http2-connection.ts";
import { reviewLine } from "./http2-line.ts";
import { countIdleBytes, isStalled } from "./http2-watch.ts";

/** Reviews all HTTP/2 connections of a listener once a second, while it has any. */
export interface Reviews {
  /** There is a connection. */
  begin(): void;
}

export const reviewMs = 1000;

export function createReviews(options: Http2Options): Reviews {
  const { clock, open } = options;
  let cancel: (() => void) | undefined;

  function run(): void {
    if (open.size === 0) {
      cancel?.();
      cancel = undefined;
    }
    const nowMs = clock.nowMs();
    for (const connection of open) review(connection, options, nowMs);
  }

  return {
    begin() {
      cancel ??= clock.every(reviewMs, run);
    },
  };
}

function review(connection: Http2Connection, options: Http2Options, nowMs: number): void {
  reviewLine(connection.line);
  const idleBytes = countIdleBytes(connection);
  if (idleBytes > 0) judge(connection, "idle_bytes", options, idleBytes);
  if (isStalled(connection, options.timeouts.requestMs, nowMs)) cutUnread(connection, options);
}
