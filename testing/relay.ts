import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A port that leads to another one, for connections that are to end without their client's doing. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections, on both sides: properly, or by a reset. */
  cut(how: "fin" | "reset"): void;
  /** Where connections from now on lead to. */
  leadTo(port: number): void;
  /** Keeps back what comes from there on the connections that there are. */
  hold(): void;
  /** Lets that through, and what follows. */
  letThrough(): void;
}

export async function openRelay(toPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  let port = toPort;
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: "127.0.0.1", noDelay: true });
    const pair = { near, far };
    pairs.add(pair);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        sockets.delete(socket);
        pairs.delete(pair);
      });
    }
    // Nothing leads to a server that is not there.
    far.once("close", () => near.destroySoon());
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  function cut(how: "fin" | "reset"): void {
    for (const socket of sockets) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut,
    leadTo(next) {
      port = next;
    },
    hold() {
      for (const { near, far } of pairs) far.unpipe(near).pause();
    },
    letThrough() {
      for (const { near, far } of pairs) far.pipe(near);
    },
    async [Symbol.asyncDispose]() {
      cut("reset");
      server.close();
      await once(server, "close");
    },
  };
}
