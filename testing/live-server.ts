import assert from "node:assert/strict";
import { freeClassicPorts } from "./classic-ports.ts";
import { type Figures, readFigures } from "./figures.ts";
import { type HoldfastProcess, startHoldfast } from "./holdfast-process.ts";

export interface LiveServerWishes {
  /** The working directory. */
  readonly folder: string;
  /** Besides the address; where the data is must be among them. */
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server as a process of its own that listens; it is killed, if need be, when it is disposed of. */
export interface LiveServer extends AsyncDisposable {
  readonly process: HoldfastProcess;
  /** Of the main port. */
  readonly port: number;
  figures(): Promise<Figures>;
}

export async function startLiveServer(wishes: LiveServerWishes): Promise<LiveServer> {
  const argv = ["serve", "--listen", "127.0.0.1:0", "--page-interval", "0s", ...wishes.argv];
  const process = startHoldfast({ ...wishes, argv });
  const port = Number((await process.logged("listening")).port);
  return {
    process,
    port,
    figures: () => figuresAt(port),
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.ended;
    },
  };
}

/** On free ports, for `LiveServerWishes.argv`. */
export const classicPorts: readonly string[] = Object.entries(freeClassicPorts).flat();

/** `speaks` is the name of the protocol in the welcome text. */
export async function classicPortOf({ process }: LiveServer, speaks: string): Promise<number> {
  const [, port] = await process.printed(new RegExp(`^ +\\w+://[^ ]+:(\\d+) +${speaks}$`, "m"));
  return Number(port);
}

export async function figuresAt(port: number): Promise<Figures> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(response.status, 200);
  return readFigures(await response.text());
}
