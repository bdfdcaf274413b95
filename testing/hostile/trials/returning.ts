import { setTimeout as sleep } from "node:timers/promises";
import { concurrently } from "../../concurrently.ts";
import { createTemporaryFolder } from "../../temporary-folder.ts";
import type { Row } from "../bounds.ts";
import { startServer } from "../server.ts";

const clientCount = 1000;
/** All are back within this time from the moment at which the server listens. */
const backMsMax = 10_000;
/** Time between two attempts of a client to connect. */
const retryMs = 50;

/** Clients whose connections a restart cuts, and who return at once. */
export interface Community<Member> {
  readonly name: string;
  readonly argv: readonly string[];
  /** Before the server starts on the folder for the first time. */
  furnish?(folder: string): void;
  /** Before anybody joins. */
  open?(port: number): Promise<void>;
  join(port: number, place: number): Promise<Member>;
  /** One attempt, on a new connection. Rejects when that fails; says whether the client has what it had. */
  comeBack(port: number, member: Member): Promise<boolean>;
  leave(member: Member): void;
}

/** A thousand of them: whether all are back in time, and with what they had. */
export function returnInLockstep<Member>(community: Community<Member>) {
  const { name, argv } = community;
  return {
    name,
    async run(): Promise<Row> {
      using folder = createTemporaryFolder();
      community.furnish?.(folder.path);
      await using server = await startServer(folder.path, argv);
      const { port } = server;
      const members: Member[] = [];
      const places = Array.from({ length: clientCount }, (_, place) => place);
      await community.open?.(port);
      await concurrently(places, 50, async (place) => {
        members.push(await community.join(port, place));
      });
      await server[Symbol.asyncDispose]();

      const beganMs = performance.now();
      const giveUpMs = beganMs + 3 * backMsMax;
      const returning = members.map((member) => comeBack(community, port, member, giveUpMs));
      await using next = await startServer(folder.path, argv, port);
      const listensMs = performance.now();
      const backAt = await Promise.all(returning);
      const back = backAt.filter((at) => at !== undefined);
      const lastMs = Math.max(0, ...back) - listensMs;
      for (const member of members) community.leave(member);
      const faults = [
        ...(back.length < clientCount ? [`${clientCount - back.length} did not come back`] : []),
        ...(lastMs > backMsMax ? [`the last came back after ${Math.round(lastMs)} ms`] : []),
      ];
      const startMs = listensMs - beganMs;
      const counts = { backMs: Math.round(lastMs) };
      return { attack: name, startMs, counts, peakMiB: next.memory.peakMiB, lost: 0, faults };
    },
  };
}

/** The moment at which the client has what it had; `undefined` when that is lost or takes too long. */
async function comeBack<Member>(
  community: Community<Member>,
  port: number,
  member: Member,
  giveUpMs: number,
): Promise<number | undefined> {
  while (performance.now() < giveUpMs) {
    try {
      return (await community.comeBack(port, member)) ? performance.now() : undefined;
    } catch {
      await sleep(retryMs);
    }
  }
  return undefined;
}
