import { setTimeout } from "node:timers/promises";
import { createRandom, type Random } from "../history/random.ts";
import type { LockOperation } from "../linearizability/locks/operation.ts";
import { createRecorder, type Recorder } from "../linearizability/recorder.ts";
import type { ShakenServer } from "./shaken-server.ts";
import type { Shaking } from "./shaking.ts";

/** What the clients of one history share. */
export interface Play {
  readonly random: Random;
  readonly server: ShakenServer;
  readonly recorder: Recorder<LockOperation>;
  /** Locks of this history alone. */
  readonly names: readonly [string, ...string[]];
  /** Of locks that LDLM clients were granted lately. */
  readonly keys: Holding[];
  /** A name for the next request. */
  newRequest(): string;
  /** Whether it is time for some client to cut its connection; it then does so, and says it before. */
  wantsCut(): boolean;
  cut(): void;
  /** Whether it is time for some client to sleep while it holds a lease. */
  wantsSleep(): boolean;
  /** For about as long as a lease: nobody hears of the client meanwhile. */
  sleep(): Promise<void>;
  /** Whether all has happened that a history needs: nobody begins anything new. */
  isOver(): boolean;
  /**
   * It has its operations, and goes on only until all has happened. Its clients keep their connections, because each
   * one that they end leaves an operation without an answer, and many of those make a long history too hard to explain.
   */
  readonly isAhead: boolean;
  /** Those of its own clients. */
  readonly faults: number;
}

/** A lock that may be given back with its key. */
export interface Holding {
  readonly request: string;
  readonly name: string;
  readonly key: string;
  readonly isLeased: boolean;
}

/** Of all leases: the shortest that LDLM knows. */
export const leaseMs = 1000;

/** In each history. */
export const operationsMin = 100;

export function createPlay(server: ShakenServer, seed: number, shaking: Shaking): Play {
  const random = createRandom(seed);
  const recorder = createRecorder<LockOperation>(() => performance.now());
  let requests = 0;
  let operations = 0;
  let cuts = 0;
  let sleeps = 0;
  /** The server will not be killed any more, which would make leases whole again. */
  let lateSleep: "none" | "begun" | "over" = "none";
  const isAhead = () => operations >= operationsMin;

  return {
    random,
    server,
    recorder: {
      ...recorder,
      call(client, operation) {
        if (operation.type !== "hear" && operation.type !== "lose_connection") {
          operations += 1;
          shaking.count();
        }
        return recorder.call(client, operation);
      },
    },
    names: [`${seed}-one`, `${seed}-other`, `${seed}-two`],
    keys: [],
    newRequest() {
      requests += 1;
      return `${requests}`;
    },
    wantsCut() {
      if (cuts === 0 && operations > operationsMin / 2) return random.chance(0.2);
      return !isAhead() && random.chance(0.01);
    },
    cut() {
      cuts += 1;
    },
    wantsSleep: () => random.chance(shaking.isOver && lateSleep === "none" ? 0.3 : 0.01),
    async sleep() {
      const isLate = shaking.isOver;
      if (isLate && lateSleep === "none") lateSleep = "begun";
      await setTimeout(leaseMs * 0.9 + random.below(leaseMs * 0.3));
      sleeps += 1;
      if (isLate) lateSleep = "over";
    },
    isOver: () => operations >= operationsMin && cuts > 0 && lateSleep === "over",
    get isAhead() {
      return isAhead();
    },
    get faults() {
      return cuts + sleeps;
    },
  };
}

/** So that others come to act while somebody holds a lock. */
export async function letOthersAct({ random }: Play): Promise<void> {
  const turns = random.below(6);
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
