import { type LiveServer, startLiveServer } from "../live-server.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";

/** From one start of the server to its death. */
export interface Life {
  readonly number: number;
  readonly port: number;
}

/** The real server on one folder, which is killed and started again, and stopped for moments. */
export interface ShakenServer extends AsyncDisposable {
  /** That of the server that runs, or of the next one while none does. */
  life(): Promise<Life>;
  /** Whoever lost a connection waits here for the next life. Throws when nobody has ended this one. */
  afterDeath(life: Life): Promise<Life>;
  /** kill -9. `died` is told between its end and the next start; resolves after that. */
  kill(died: () => void): Promise<void>;
  /** SIGSTOP, and SIGCONT after so long. */
  stop(ms: number): Promise<void>;
  readonly kills: number;
}

export async function startShakenServer(): Promise<ShakenServer> {
  const folder = createTemporaryFolder();
  let server = await start();
  let running = Promise.resolve<Life>({ number: 1, port: server.port });
  let livesEnded = 0;

  function start(): Promise<LiveServer> {
    return startLiveServer({ folder: folder.path, argv: ["--data", "data"] });
  }

  async function restart(number: number, died: () => void): Promise<Life> {
    server.process.kill("SIGKILL");
    await server.process.ended;
    died();
    server = await start();
    return { number, port: server.port };
  }

  return {
    life: () => running,
    async afterDeath({ number }) {
      if (number > livesEnded) throw new Error("the server ended a connection by itself");
      return running;
    },
    async kill(died) {
      livesEnded += 1;
      running = restart(livesEnded + 1, died);
      await running;
    },
    async stop(ms) {
      const { process } = server;
      process.kill("SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, ms));
      process.kill("SIGCONT");
    },
    get kills() {
      return livesEnded;
    },
    async [Symbol.asyncDispose]() {
      // Nothing that is being started is left behind.
      await running.catch(() => {});
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
