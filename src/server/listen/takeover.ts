import assert from "node:assert/strict";
import type { Socket } from "node:net";
import type { FeedOptions } from "./feed.ts";

/**
 * Takes a socket's bytes and its end from a library, so that a feed can hand them over. By itself `ws` reads all frames
 * of a chunk in one go, and Node's parser all requests, which may be thousands.
 */
export function takeOver(socket: Socket): Pick<FeedOptions, "deliver" | "ended"> {
  const [deliver, ...others] = listenersOf(socket, "data");
  assert(deliver !== undefined && others.length === 0, "one listener takes the bytes of a socket");
  const ends = listenersOf(socket, "end");
  socket.off("data", deliver);
  for (const end of ends) socket.off("end", end);
  return {
    deliver: (bytes) => void deliver.call(socket, bytes),
    ended() {
      for (const end of ends) end.call(socket);
    },
  };
}

type Listener = (this: Socket, ...values: readonly unknown[]) => void;

/** All but the one that every socket has. */
function listenersOf(socket: Socket, event: "data" | "end"): Listener[] {
  const all = socket.listeners(event) as Listener[];
  return all.filter(({ name }) => name !== "onReadableStreamEnd");
}
