/** What Node and nghttp2 are told of HTTP/2: their own limits for one connection. */
import { createServer, type Http2Server } from "node:http2";
import { createAllowance } from "./http2-allowance.ts";
import type { ListenerOptions } from "./options.ts";

/**
 * Streams that a client may reset at once, and then per second, before nghttp2 ends the connection: as many as may
 * wait, because clients that shut down cancel all of them. http2-conduct.ts counts those that cost something.
 */
const resetsBurst = 20_000;
const resetsPerSecond = 1_000;

const headersMax = 128;

/** MiB that nghttp2 may use for one connection. It refuses new streams beyond; 20,000 that wait take some 50. */
const sessionMemoryMax = 128;

/**
 * Faulty frames, and streams refused for their headers, after which Node ends the connection. Streams beyond those that
 * a client may have open count as faulty frames; a client that has not seen yet how many it may have begins some.
 */
const invalidFramesMax = 1_000;
const rejectedStreamsMax = 100;

export function createHttp2Server({ limits }: Pick<ListenerOptions, "limits">): Http2Server {
  return createServer({
    settings: {
      maxConcurrentStreams: createAllowance(limits.streamsMax).streams,
      maxHeaderListSize: limits.headerBytesMax,
    },
    maxHeaderListPairs: headersMax,
    maxSessionMemory: sessionMemoryMax,
    maxSessionInvalidFrames: invalidFramesMax,
    maxSessionRejectedStreams: rejectedStreamsMax,
    streamResetBurst: resetsBurst,
    streamResetRate: resetsPerSecond,
  });
}

/** Whether that is why Node has ended the session. */
export function areFramesInvalid({ code }: NodeJS.ErrnoException): boolean {
  return code === "ERR_HTTP2_TOO_MANY_INVALID_FRAMES";
}
