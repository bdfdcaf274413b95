import type { MessageSocket, Routes, StreamClient } from "../src/server/listen/listener.ts";

/** Everything that happened on the streams of a listener, in its order. */
export interface RecordedStreams {
  readonly routes: Routes;
  readonly events: string[];
  readonly sockets: MessageSocket[];
  readonly clients: StreamClient[];
}

/** Echoes all bytes, records all events, and closes a stream whose client has ended its side. */
export function recordStreams(more: Partial<Routes> = {}): RecordedStreams {
  const events: string[] = [];
  const sockets: MessageSocket[] = [];
  const clients: StreamClient[] = [];
  const routes: Routes = {
    http: ({ path, remoteAddress }) => ok(`${path} ${remoteAddress}`),
    upgrade: () => ok("no WebSockets"),
    stream(client) {
      clients.push(client);
      return (socket) => {
        sockets.push(socket);
        return {
          message(data, kind) {
            events.push(`${kind === "binary" ? "" : kind}${data.toString("latin1")}`);
            socket.send(data);
          },
          ended() {
            events.push("ended");
            socket.close(1000, "");
          },
          closed: () => void events.push("closed"),
        };
      };
    },
    ...more,
  };
  return { routes, events, sockets, clients };
}

function ok(body: string) {
  return { status: 200, headers: {}, body };
}
