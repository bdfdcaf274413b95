import type { ListenerOptions } from "../../../src/server/listen/listener.ts";
import type { Random } from "../../history/random.ts";
import type { SimulatedProcess } from "../machine/process.ts";
import type { Scheduler } from "../scheduler.ts";
import { createPipe } from "./pipe.ts";

/** A connection as the server and the network see it. */
export interface Line {
  /** The server's messages of this turn leave now. */
  flush(): void;
  serverCloses(): void;
  /** The server's process has ended. */
  serverGone(how: "reset" | "silence"): void;
  /** Breaks the connection somewhere between its ends; says how. */
  break(): string;
}

/** The same connection for its speakers: two directions, two ends, and the ways in which they are lost. */
export interface Wire extends Line {
  /** Runs at the server, in a turn of its own, unless it is lost on the way. */
  sendToServer(run: () => void): void;
  /** Runs at the client, unless it is lost on the way or the client is gone. */
  sendToClient(run: () => void): void;
  /** The client ends the connection, properly or by dropping it, and receives nothing more. */
  close(how: "properly" | "drop"): void;
  /** The server receives nothing more. */
  isServerClosing(): boolean;
}

export interface LineEnds {
  readonly scheduler: Scheduler;
  readonly random: Random;
  latencyMs(): number;
  /** The server that accepts connections now. */
  server(): LinkServer | undefined;
}

export interface LinkServer {
  readonly process: SimulatedProcess;
  readonly options: ListenerOptions;
  readonly links: Set<Line>;
}

/** The two ends of a wire. */
export interface Speakers {
  /** The server accepts the connection, in a turn of its own. */
  accepted(server: LinkServer): void;
  flush(): void;
  /** The server's end is closed. */
  serverEnded(): void;
  /** The client's end is closed: called once, after everything else, and also when the server never accepted. */
  clientEnded(): void;
  /** The latest moment by which pings find a silent peer. */
  pingedOutMs(timeouts: ListenerOptions["timeouts"]): number;
}

export function createWire(ends: LineEnds, speakers: Speakers): Wire {
  const { scheduler, random, latencyMs } = ends;
  const toServer = createPipe(scheduler, latencyMs);
  const toClient = createPipe(scheduler, latencyMs);
  let server: LinkServer | undefined;
  let isServerClosing = false;
  let isClientGone = false;

  function accept(): void {
    const accepting = ends.server();
    server = accepting;
    if (accepting === undefined) {
      toClient.send(clientGone);
      return;
    }
    accepting.process.run(() => {
      accepting.links.add(wire);
      speakers.accepted(accepting);
    });
  }

  function serverCloses(): void {
    if (isServerClosing) return;
    speakers.flush();
    isServerClosing = true;
    toClient.send(clientGone);
    server?.process.after(latencyMs(), serverGoneFor);
  }

  /** Closes the server's end and says so to its speaker. */
  function serverGoneFor(): void {
    isServerClosing = true;
    server?.links.delete(wire);
    speakers.serverEnded();
  }

  function clientGone(): void {
    if (isClientGone) return;
    isClientGone = true;
    speakers.clientEnded();
  }

  /** A reset, or silence that only pings reveal. */
  function loseServer(afterMs: number): void {
    scheduler.after(afterMs, () => server?.process.run(serverGoneFor));
  }

  const wire: Wire = {
    sendToServer(run) {
      toServer.send(() => server?.process.run(run));
    },
    sendToClient(run) {
      toClient.send(() => {
        if (!isClientGone) run();
      });
    },
    close(how) {
      if (isClientGone) return;
      isClientGone = true;
      if (how === "drop") {
        toServer.cut();
        loseServer(latencyMs());
      } else {
        toServer.send(() => server?.process.run(serverGoneFor));
      }
    },
    isServerClosing: () => isServerClosing,
    flush: speakers.flush,
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
      const silentMs = server === undefined ? 0 : speakers.pingedOutMs(server.options.timeouts);
      loseServer(which === "reset" ? latencyMs() : silentMs);
      if (which === "reset") scheduler.after(latencyMs(), clientGone);
      return which === "reset" ? "a connection is reset" : `a connection is dead: ${which}`;
    },
  };
  toServer.send(accept);
  return wire;
}
