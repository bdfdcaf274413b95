import type { CallEnd, CallPeer, CallReceiver } from "../../src/protocols/grpc/mod.ts";
import type { CallHandler } from "../../src/server/listen/listener.ts";
import type { Line, LineEnds, LinkServer } from "./link.ts";
import { createPipe } from "./pipe.ts";

/** A connection for gRPC calls, or the attempt to open one. */
export interface CallLink extends Line {
  /** Of the client. What is heard is heard once, unless the connection ends before. */
  call(request: CallRequest, heard: (end: CallEnd) => void): SimulatedCall;
  /** Of the client: properly, or without a word; it hears nothing more. */
  close(how: "fin" | "drop"): void;
}

export interface CallRequest {
  readonly path: string;
  readonly message: Uint8Array;
  /** What the client tells the server to give up after; absent: never. */
  readonly timeoutMs?: number;
}

export interface SimulatedCall {
  /** The client wants no answer any more, and hears none. */
  cancel(): void;
}

/** A call at the server's end. */
interface Underway {
  receiver: CallReceiver | undefined;
  isEnded: boolean;
}

export function createCallLink(ends: LineEnds, closed: () => void): CallLink {
  const { scheduler, random, latencyMs } = ends;
  const toServer = createPipe(scheduler, latencyMs);
  const toClient = createPipe(scheduler, latencyMs);
  const underway = new Set<Underway>();
  let server: LinkServer | undefined;
  let handler: CallHandler | undefined;
  let isServerClosing = false;
  let isClientGone = false;

  function accept(): void {
    server = ends.server();
    if (server === undefined) {
      toClient.send(clientGone);
      return;
    }
    const { process, options, links } = server;
    process.run(() => {
      links.add(link);
      handler = options.routes.calls?.({ remoteAddress: undefined, close: serverCloses });
    });
  }

  function begin(call: Underway, request: CallRequest, heard: (end: CallEnd) => void): void {
    if (isServerClosing || handler === undefined || call.isEnded) return;
    underway.add(call);
    const { path, message, timeoutMs } = request;
    const peer: CallPeer = {
      send() {},
      end(how) {
        if (!settle(call)) return;
        toClient.send(() => {
          if (!isClientGone) heard(how);
        });
      },
    };
    const receiver = handler.begin({ path, metadata: {} }, peer);
    if ("code" in receiver) {
      peer.end({ status: receiver });
      return;
    }
    call.receiver = receiver;
    if (timeoutMs !== undefined) server?.process.after(timeoutMs, () => giveUp(call));
    receiver.message(message);
    receiver.finished();
  }

  /** Returns whether it was under way until now. */
  function settle(call: Underway): boolean {
    if (call.isEnded) return false;
    call.isEnded = true;
    underway.delete(call);
    return true;
  }

  /** Cancelled, or its time is over. */
  function giveUp(call: Underway): void {
    if (settle(call)) call.receiver?.cancelled();
  }

  function serverCloses(): void {
    if (isServerClosing) return;
    isServerClosing = true;
    toClient.send(clientGone);
    server?.process.after(latencyMs(), serverGoneFor);
  }

  /** The server's end is closed: the handler may hear of it before its calls do, or after. */
  function serverGoneFor(): void {
    isServerClosing = true;
    server?.links.delete(link);
    const cancel = () => {
      for (const call of [...underway]) giveUp(call);
    };
    const isCallByCall = random.chance(0.5);
    if (isCallByCall) cancel();
    handler?.closed();
    handler = undefined;
    if (!isCallByCall) cancel();
  }

  function clientGone(): void {
    if (isClientGone) return;
    isClientGone = true;
    closed();
  }

  /** A reset, or silence of which only pings tell. */
  function tellServer(afterMs: number): void {
    scheduler.after(afterMs, () => server?.process.run(serverGoneFor));
  }

  /** The latest moment by which pings find a silent peer. */
  function pingedOutMs(): number {
    const { http2PingIntervalMs = 0, http2PingTimeoutMs = 0 } = server?.options.timeouts ?? {};
    return http2PingIntervalMs + http2PingTimeoutMs;
  }

  const link: CallLink = {
    call(request, heard) {
      const call: Underway = { receiver: undefined, isEnded: false };
      let isCancelled = false;
      toServer.send(() => {
        server?.process.run(() => begin(call, request, (end) => void (isCancelled || heard(end))));
      });
      return {
        cancel() {
          isCancelled = true;
          toServer.send(() => server?.process.run(() => giveUp(call)));
        },
      };
    },
    close(how) {
      if (isClientGone) return;
      isClientGone = true;
      if (how === "drop") toServer.cut();
      else toServer.send(() => server?.process.run(serverGoneFor));
      if (how === "drop") tellServer(latencyMs());
    },
    // Answers leave as they come.
    flush() {},
    serverCloses,
    serverGone(how) {
      toServer.cut();
      if (how === "silence") toClient.cut();
      else toClient.send(clientGone);
    },
    break() {
      const which = random.pick(["reset", "to the server", "to the client", "silence"]);
      if (which !== "to the client") toServer.cut();
      if (which !== "to the server") toClient.cut();
      tellServer(which === "reset" ? latencyMs() : pingedOutMs());
      if (which === "reset") scheduler.after(latencyMs(), clientGone);
      return which === "reset" ? "a connection is reset" : `a connection is dead: ${which}`;
    },
  };
  toServer.send(accept);
  return link;
}
