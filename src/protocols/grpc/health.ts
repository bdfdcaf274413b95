/**
 * The health checking protocol of Kubernetes and load balancers;
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md.
 */
import { type CallPeer, type CallReceiver, unaryReceiver } from "./call.ts";
import { decode } from "./decode.ts";
import type { ProtoFile } from "./descriptor.ts";
import { encode } from "./encode.ts";
import { type EnumType, enumeration, messageType, string } from "./protobuf.ts";
import type { CallService } from "./service.ts";
import { callDone, callFailed } from "./status.ts";

const servingStatus = {
  name: "HealthCheckResponse.ServingStatus",
  numbers: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 },
} as const satisfies EnumType;

type ServingStatus = keyof typeof servingStatus.numbers;

const request = messageType("HealthCheckRequest", { service: string(1) });
const response = messageType("HealthCheckResponse", {
  status: enumeration<ServingStatus>(1, servingStatus),
});

const file: ProtoFile = {
  path: "grpc/health/v1/health.proto",
  package: "grpc.health.v1",
  enums: [servingStatus],
  messages: [request, response],
  services: [
    {
      name: "Health",
      methods: [
        { name: "Check", request, response, streams: "none" },
        { name: "Watch", request, response, streams: "response" },
      ],
    },
  ],
};

export interface Health extends CallService {
  /** Sets whether clients should send calls here; watchers receive each change. */
  set(isServing: boolean): void;
  /** Stops serving: each step sends a watcher that as its last status. */
  stop(): Generator<void, void, void>;
}

/** Answers for the whole server, which is the empty name, and for each of the named services. */
export function createHealth(services: readonly string[]): Health {
  const known = new Set(["", ...services]);
  const watchers = new Map<CallPeer, string>();
  let isServing = true;

  function statusOf(service: string): ServingStatus {
    if (!known.has(service)) return "SERVICE_UNKNOWN";
    return isServing ? "SERVING" : "NOT_SERVING";
  }

  function statusMessage(service: string): Uint8Array {
    return encode(response, { status: statusOf(service) });
  }

  function check(peer: CallPeer): CallReceiver {
    return unaryReceiver(peer, {
      asked(bytes) {
        const { service } = decode(request, bytes);
        if (!known.has(service)) {
          peer.end({ status: callFailed("not_found", "unknown service") });
          return;
        }
        peer.end({ status: callDone, message: statusMessage(service) });
      },
      cancelled() {},
    });
  }

  function watch(peer: CallPeer): CallReceiver {
    return unaryReceiver(peer, {
      asked(bytes) {
        const { service } = decode(request, bytes);
        if (known.has(service)) watchers.set(peer, service);
        peer.send(statusMessage(service));
      },
      cancelled: () => void watchers.delete(peer),
    });
  }

  function set(isServingNow: boolean): void {
    if (isServingNow === isServing) return;
    isServing = isServingNow;
    for (const [peer, service] of watchers) peer.send(statusMessage(service));
  }

  function* stop(): Generator<void, void, void> {
    const wasServing = isServing;
    isServing = false;
    const status = callFailed("unavailable", "the server is stopping");
    for (const [peer, service] of watchers) {
      watchers.delete(peer);
      if (wasServing) peer.send(statusMessage(service));
      peer.end({ status });
      yield;
    }
  }

  return {
    file,
    set,
    stop,
    methods: new Map([
      ["/grpc.health.v1.Health/Check", check],
      ["/grpc.health.v1.Health/Watch", watch],
    ]),
  };
}
