import type { MessageConversation, Talk } from "../../protocols/conversation.ts";
import type { MessageHandler, MessageSocket } from "../listen/listener.ts";
import type { Host } from "./host.ts";

/** Holds the conversation over a WebSocket or a byte stream. */
export function serveMessages<Data extends Talk>(
  host: Host,
  conversation: MessageConversation<Data>,
  socket: MessageSocket,
): MessageHandler {
  const seat = host.join(conversation, {
    send: socket.send,
    end: ({ code, reason }) => socket.close(code, reason),
    pause: socket.pause,
    resume: socket.resume,
    keep: socket.keep,
    charge: socket.charge,
    expect: socket.expect,
  });
  return {
    message: (data, kind) => seat.receive({ data, kind }),
    ended: seat.finished,
    closed: seat.closed,
  };
}
