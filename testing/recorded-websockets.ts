import type { HttpResponse } from "../src/protocols/protocol.ts";
import type { MessageHandler, MessageSocket } from "../src/server/listen/listener.ts";
import { clientFrame, type ListenerWishes } from "./loopback.ts";

export const refused: HttpResponse = { status: 404, headers: {}, body: "" };

/** Routes every upgrade to handlers made by `serve`. */
export function serving(serve: (socket: MessageSocket) => MessageHandler): ListenerWishes {
  return { routes: { http: () => refused, upgrade: () => serve } };
}

/** Echoes each message and records all events. */
export function recording() {
  const events: string[] = [];
  const sockets: MessageSocket[] = [];
  const wishes = serving((socket) => {
    sockets.push(socket);
    return {
      message(data) {
        events.push(data.toString());
        socket.send(data.toString());
      },
      closed: () => void events.push("closed"),
    };
  });
  return { wishes, events, sockets };
}

/** A short text as the server frames it. */
export function frame(text: string): string {
  return `\x81${String.fromCharCode(text.length)}${Buffer.from(text).toString("latin1")}`;
}

export function closeFrame(code: number, reason = ""): string {
  return `\x88${String.fromCharCode(2 + reason.length, code >> 8, code & 0xff)}${reason}`;
}

export function clientClose(code: number): Buffer {
  return clientFrame(8, Buffer.of(code >> 8, code & 0xff));
}
