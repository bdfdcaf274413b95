import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import type { MessageHandler } from "../../../src/server/listen/listener.ts";
import { createWire, type LineEnds, type LinkServer, type Wire } from "./wire.ts";

/** A WebSocket connection, or the attempt to open one. */
export interface Link extends Pick<Wire, "close"> {
  /** The client sends a message. */
  send(text: string): void;
}

export interface LinkClient {
  opened(): void;
  message(text: string): void;
  /** Called once, after everything else, and also when the connection was never opened. */
  closed(): void;
}

export interface LinkEnds extends LineEnds {
  readonly client: LinkClient;
}

export function createLink(request: HttpRequest, ends: LinkEnds): Link {
  const { client } = ends;
  let server: LinkServer | undefined;
  let handler: MessageHandler | undefined;
  /** Messages that the server has sent in this turn. */
  let outbox: string[] = [];
  /** Messages that have arrived while the server did not read. */
  const unread: string[] = [];
  let isPaused = false;

  const wire = createWire(ends, {
    accepted,
    flush,
    serverEnded() {
      handler?.closed();
      handler = undefined;
    },
    clientEnded: client.closed,
    pingedOutMs: ({ pingIntervalMs }) => 2 * pingIntervalMs,
  });

  function accepted(accepting: LinkServer): void {
    server = accepting;
    const { process, options } = accepting;
    const decision = options.routes.upgrade(request);
    if (typeof decision !== "function") throw new Error(refusalText(decision));
    handler = decision({
      send(data) {
        if (typeof data !== "string") throw new Error("simulated clients understand only text");
        if (outbox.length === 0) process.after(0, flush);
        outbox.push(data);
        return !wire.isServerClosing();
      },
      close: wire.serverCloses,
      pause() {
        isPaused = true;
      },
      keep() {},
      charge() {},
      expect() {},
      resume() {
        isPaused = false;
        for (const text of unread.splice(0)) receive(text);
      },
    });
    wire.sendToClient(client.opened);
  }

  function receive(text: string): void {
    if (wire.isServerClosing() || handler === undefined) return;
    if (isPaused) unread.push(text);
    else handler.message(Buffer.from(text), "text");
  }

  function flush(): void {
    if (server?.process.isDead === true) return;
    for (const text of outbox) wire.sendToClient(() => client.message(text));
    outbox = [];
  }

  return { ...wire, send: (text) => wire.sendToServer(() => receive(text)) };
}

function refusalText({ status, body }: HttpResponse): string {
  return `the upgrade was answered with ${status}: ${body}`;
}
