import type { MessageConversation, Talk } from "../../protocols/conversation.ts";
import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";
import type { Host } from "../conversation/host.ts";
import { serveMessages } from "../conversation/messages.ts";
import type { Routes } from "../listen/listener.ts";

/** Serves the upgrades that the protocol accepts with the conversations that it begins. */
export function upgradesOf<Data extends Talk>(
  host: Host,
  judge: (request: HttpRequest) => (() => MessageConversation<Data>) | HttpResponse,
): Routes["upgrade"] {
  return (request) => {
    const judged = judge(request);
    return typeof judged === "function"
      ? (socket) => serveMessages(host, judged(), socket)
      : judged;
  };
}
