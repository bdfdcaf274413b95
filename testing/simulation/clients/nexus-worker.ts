/** A connection of Nexus that pushes tasks, pulls them, and says what came of them. */
import { InvariantBroken } from "../invariant-broken.ts";
import type { ClientParts } from "./client.ts";
import type { NexusAnswer, NexusPeer } from "./nexus-peer.ts";

export interface NexusWorker {
  /** Does one of these things. */
  act(): Promise<void>;
}

interface Held {
  readonly taskid: string;
  readonly params: string;
  readonly token: number;
}

const paths = ["work", "work.more"] as const;

interface Pushed {
  readonly method: string;
  readonly params: string;
  readonly prio: number;
  readonly ttl: number;
  /** In seconds. */
  readonly timeout: number;
}

/** Without so many attempts a task could end by them. */
const attempts = 1_000_000;

export function createNexusWorker(parts: ClientParts, peer: NexusPeer): NexusWorker {
  const { random, tasks } = parts;
  const held: Held[] = [];

  function broken(what: string): never {
    throw new InvariantBroken(`${peer.name} ${what}`);
  }

  async function push(): Promise<void> {
    const params = tasks.next();
    const method = `${random.pick(paths)}.do`;
    const prio = random.below(3);
    if (random.chance(0.3)) {
      void pushAndWait({ method, params, prio, ttl: 1 + random.below(3), timeout: 0.5 });
      return;
    }
    const answer = await peer.ask("task.push", {
      method,
      params,
      prio,
      detach: true,
      ttl: attempts,
    });
    if (answer.type === "error") broken(`may not push: ${answer.words}`);
    if (answer.type === "result") tasks.confirm(params);
  }

  /** Its own task comes back with a result, or with one of the reasons why there is none. */
  async function pushAndWait(params: Pushed): Promise<void> {
    const answer = await peer.ask("task.push", params);
    if (answer.type === "result" && answer.result !== `done: ${params.params}`) {
      broken(`gets ${JSON.stringify(answer.result)} for ${params.params}`);
    }
    if (answer.type === "error" && !endings.has(answer.code)) broken(`is told ${answer.words}`);
  }

  async function pull(): Promise<void> {
    const answer = await peer.ask("task.pull", { prefix: random.pick(paths), timeout: 0.05 });
    if (answer.type === "error" && answer.code !== timeout) broken(`may not pull: ${answer.words}`);
    if (answer.type !== "result") return;
    const task = answer.result as Held & { readonly detach: boolean };
    tasks.pulled(task.params, task.token);
    // Others may end at any time.
    if (task.detach) held.push(task);
    else await peer.ask("task.result", { taskid: task.taskid, result: `done: ${task.params}` });
  }

  async function settle({ taskid, params, token }: Held): Promise<void> {
    if (random.chance(0.3)) {
      assertOwn(params, await peer.ask("task.reject", { taskid, token }));
      return;
    }
    tasks.finishes(params);
    const answer = await peer.ask("task.result", { taskid, result: 1, token });
    assertOwn(params, answer);
    if (answer.type === "result") tasks.accepted(params, token);
    // The disk may have been full.
    if (answer.type === "unknown" && !peer.isLost) held.push({ taskid, params, token });
  }

  function assertOwn(params: string, answer: NexusAnswer): void {
    if (answer.type === "error") broken(`is not at ${params}: ${answer.words}`);
  }

  return {
    async act() {
      const lost = tasks.unfinished();
      if (lost !== undefined && !parts.isPushed(lost)) broken(`finds that ${lost} is lost`);
      const roll = random.below(8);
      const task = roll < 3 ? held.shift() : undefined;
      if (task !== undefined) await settle(task);
      else if (roll < 6) await pull();
      else await push();
    },
  };
}

const timeout = -32000;
const endings: ReadonlySet<number> = new Set([timeout, -32011]);
