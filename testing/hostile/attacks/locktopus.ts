import { limitsDefault } from "../../../src/core/limits.ts";
import { lock, release } from "../../../test/conformance/locktopus/connection.cases.ts";
import { type Attack, fillSeconds, type Target } from "../attack.ts";
import { textFrame } from "../websocket-frames.ts";
import { askOn, assemble, batch, crowd, openWebSocket, pour } from "../wire.ts";

/** 68 years: the longest that the protocol takes. */
const abandonTimeoutMsMax = 2_147_483_647_000;

const segmentsMax = limitsDefault.pathSegmentsMax;

/** Claims of the longest paths that one request may have. */
const claimsMax = Math.floor(limitsDefault.visitsPerRequestMax / (segmentsMax + 1));

/** Characters of a segment with which a request is a little shorter than 1 MiB. */
const longSegment = 330;

interface Shape {
  readonly claims?: number;
  readonly segment?: number;
}

/** A request as large as its limits let it be, on names that no other request has. */
function largestLock(request: string, { claims = claimsMax, segment = 1 }: Shape = {}): string {
  const tail = `/${"a".repeat(segment)}`.repeat(segmentsMax - 1);
  const names = Array.from({ length: claims }, (_, place) => `${request}${place.toString(36)}`);
  return lock(...names.map((name) => `read ${name}${tail}`));
}

async function lockLargest(target: Target, query: string, shape?: Shape): Promise<void> {
  let requests = 0;
  await crowd(target, 4, async (place) => {
    const socket = await openWebSocket(target, `/v1?namespace=n&${query}`);
    requests += 1;
    await askOn(socket, textFrame(largestLock(`${place}-${requests}-`, shape)));
    target.count("requests");
    socket.destroy();
  });
}

const tiny = Buffer.concat([textFrame(lock("write t")), textFrame(release)]);

function tinyRequests(connections: number): Attack {
  return {
    name: `locktopus-tiny-requests-${connections}`,
    does: `lock and release as fast as they are read, on ${connections} connections`,
    run: (target) =>
      crowd(target, connections, async (place) => {
        const socket = await openWebSocket(target, `/v1?namespace=tiny-${place}`);
        const piece = batch(tiny);
        await pour(target, socket, () => piece);
      }),
  };
}

export const locktopusAttacks: readonly Attack[] = [
  {
    name: "locktopus-abandoned-claims",
    fillsState: true,
    does: `${claimsMax} claims × ${segmentsMax} segments a request, dropped with an abandon timeout of 68 years`,
    seconds: fillSeconds,
    run: (target) => lockLargest(target, `abandon-timeout-ms=${abandonTimeoutMsMax}`),
  },
  {
    name: "locktopus-live-claims",
    seconds: fillSeconds,
    fillsState: true,
    does: "the same requests on 1,000 connections that stay",
    run: (target) =>
      assemble(target, 1000, async (place) => {
        const socket = await openWebSocket(target, "/v1?namespace=n");
        await askOn(socket, textFrame(largestLock(`${place}-`)));
      }),
  },
  {
    name: "locktopus-brief-claims",
    does: "the same requests with an abandon timeout of 0, so that each is released at once",
    run: (target) => lockLargest(target, "abandon-timeout-ms=0"),
  },
  {
    name: "locktopus-long-claims",
    does: `the same with segments of ${longSegment} characters, so that each request has 1 MiB`,
    run: (target) => lockLargest(target, "abandon-timeout-ms=0", { segment: longSegment }),
  },
  {
    name: "locktopus-oversized-claims",
    does: "as many claims of the longest paths as claims are allowed: more visits than are",
    run: (target) =>
      lockLargest(target, "abandon-timeout-ms=0", { claims: limitsDefault.claimsMax }),
  },
  tinyRequests(1),
  tinyRequests(100),
  {
    name: "locktopus-many-names",
    fillsState: true,
    does: "lock and release of another name of 1,000 bytes each time, on 8 connections",
    run: (target) =>
      crowd(target, 8, async (place) => {
        const socket = await openWebSocket(target, `/v1?namespace=names-${place}`);
        let name = 0;
        await pour(target, socket, () => {
          name += 1;
          const asks = textFrame(lock(`write ${"n".repeat(990)}${name}`));
          return Buffer.concat([asks, textFrame(release)]);
        });
      }),
  },
  {
    name: "locktopus-many-namespaces",
    fillsState: true,
    does: "an upgrade and one lock in another namespace each time, 32 at once",
    async run(target) {
      let namespace = 0;
      await crowd(target, 32, async () => {
        namespace += 1;
        const socket = await openWebSocket(target, `/v1?namespace=${"n".repeat(900)}${namespace}`);
        await askOn(socket, textFrame(lock("write a")));
        socket.destroy();
        target.count("namespaces");
      });
    },
  },
];
