import type { HttpRequest, HttpResponse } from "../../src/protocols/protocol.ts";
import type { ListenerOptions, MessageHandler } from "../../src/server/listen/listener.ts";
import type { Random } from "../history/random.ts";
import { createPipe } from "./pipe.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** A connection as the server and the network see it. */
export interface Line {
  /** Of the server: what was sent in this turn leaves now. */
  flush(): void;
  serverCloses(): void;
  /** The server's process has ended. */
  serverGone(how: "reset" | "silence"): void;
  /** Somewhere between; says how. */
  break(): string;
}

/** A WebSocket connection, or the attempt to open one, seen from both ends and from above. */
export interface Link extends Line {
  /** Of the client: a message. */
  send(text: string): void;
  /** Of the client: a proper end, or none at all; it hears nothing more. */
  close(how: "handshake" | "drop"): void;
}

export interface LinkClient {
  opened(): void;
  message(text: string): void;
  /** Once, after anything else; also when it was never opened. */
  closed(): void;
}

export interface LineEnds {
  readonly scheduler: Scheduler;
  readonly random: Random;
  latencyMs(): number;
  /** Who accepts connections now. */
  server(): LinkServer | undefined;
}

export interface LinkEnds extends LineEnds {
  readonly client: LinkClient;
}

export interface LinkServer {
  readonly process: SimulatedProcess;
  readonly options: ListenerOptions;
  readonly links: Set<Line>;
}

export function createLink(request: HttpRequest, ends: LinkEnds): Link {
  const { scheduler, random, latencyMs, client } = ends;
  const toServer = createPipe(scheduler, latencyMs);
  const toClient = createPipe(scheduler, latencyMs);
  let server: LinkServer | undefined;
  let handler: MessageHandler | undefined;
  /** Sent by the server in this turn. */
  let outbox: string[] = [];
  /** Arrived while the server did not want to read. */
  const unread: string[] = [];
  let isPaused = false;
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
      const decision = options.routes.upgrade(request);
      if (typeof decision !== "function") throw new Error(refusalText(decision));
      links.add(link);
      handler = decision({
        send(text) {
          if (outbox.length === 0) process.after(0, flush);
          outbox.push(text);
        },
        close: serverCloses,
        pause() {
          isPaused = true;
        },
        resume() {
          isPaused = false;
          for (const text of unread.splice(0)) receive(text);
        },
      });
      tellClient(client.opened);
    });
  }

  function receive(text: string): void {
    if (isServerClosing || handler === undefined) return;
    if (isPaused) unread.push(text);
    else handler.message(Buffer.from(text));
  }

  function flush(): void {
    if (server?.process.isDead === true) return;
    for (const text of outbox) tellClient(() => client.message(text));
    outbox = [];
  }

  function serverCloses(): void {
    if (isServerClosing) return;
    flush();
    isServerClosing = true;
    toClient.send(clientGone);
    server?.process.after(latencyMs(), serverGoneFor);
  }

  /** The server's end is closed, and the handler knows. */
  function serverGoneFor(): void {
    isServerClosing = true;
    server?.links.delete(link);
    handler?.closed();
    handler = undefined;
  }

  function tellClient(tell: () => void): void {
    toClient.send(() => {
      if (!isClientGone) tell();
    });
  }

  function clientGone(): void {
    if (isClientGone) return;
    isClientGone = true;
    client.closed();
  }

  /** A reset, or silence of which only pings tell. */
  function tellServer(afterMs: number): void {
    const tell = () => server?.process.run(serverGoneFor);
    scheduler.after(afterMs, tell);
  }

  /** The latest moment by which pings find a silent peer. */
  function pingedOutMs(): number {
    return 2 * (server?.options.timeouts.pingIntervalMs ?? 0);
  }

  const link: Link = {
    send(text) {
      toServer.send(() => server?.process.run(() => receive(text)));
    },
    close(how) {
      if (isClientGone) return;
      isClientGone = true;
      if (how === "drop") toServer.cut();
      else toServer.send(() => server?.process.run(serverGoneFor));
      if (how === "drop") tellServer(latencyMs());
    },
    flush,
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

function refusalText({ status, body }: HttpResponse): string {
  return `the upgrade was answered with ${status}: ${body}`;
}
