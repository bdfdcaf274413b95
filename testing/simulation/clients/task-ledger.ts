/** What clients know of tasks, all together. Each task has params of its own, by which they call it. */
import { InvariantBroken } from "../invariant-broken.ts";

export interface TaskLedger {
  /** Params that no other task has. */
  next(): string;
  /** The server has confirmed the push of the task, which is detached. */
  confirm(params: string): void;
  /** Some worker has got the task. */
  pulled(params: string, token: number): void;
  /** A worker is about to send a result. */
  finishes(params: string): void;
  /** The server has accepted the result of this attempt. */
  accepted(params: string, token: number): void;
  /** A task whose push was confirmed, and of which no result was ever sent; `undefined`: there is none. */
  unfinished(): string | undefined;
}

interface Known {
  isConfirmed: boolean;
  isFinished: boolean;
  /** That of the attempt whose result was accepted. */
  token: number | undefined;
}

/** `isLossy`: what was confirmed may be lost with the power. */
export function createTaskLedger(isLossy: boolean): TaskLedger {
  const tasks = new Map<string, Known>();
  const tokens = new Set<number>();

  function known(params: string): Known {
    const task = tasks.get(params);
    if (task === undefined) throw new InvariantBroken(`nobody has pushed ${params}`);
    return task;
  }

  return {
    next() {
      const params = `task ${tasks.size + 1}`;
      tasks.set(params, { isConfirmed: false, isFinished: false, token: undefined });
      return params;
    },
    confirm(params) {
      known(params).isConfirmed = true;
    },
    pulled(params, token) {
      const { token: last } = known(params);
      if (isLossy) return;
      if (tokens.has(token)) throw new InvariantBroken(`two workers have the token ${token}`);
      tokens.add(token);
      // The answer to an earlier pull may have been on its way for long.
      if (last !== undefined && token > last) {
        throw new InvariantBroken(`${params} is given away again after its result was accepted`);
      }
    },
    finishes(params) {
      known(params).isFinished = true;
    },
    accepted(params, token) {
      const task = known(params);
      if (task.token !== undefined && !isLossy) {
        throw new InvariantBroken(`two results of ${params} are accepted`);
      }
      task.token = token;
    },
    unfinished() {
      if (isLossy) return undefined;
      for (const [params, { isConfirmed, isFinished }] of tasks) {
        if (isConfirmed && !isFinished) return params;
      }
      return undefined;
    },
  };
}
