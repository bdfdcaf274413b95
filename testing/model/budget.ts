import { costs, namespaceBytes, pathBytes, shareBytes } from "../../src/core/costs.ts";
import type { TimeMs } from "../../src/core/ids.ts";
import { forgetOldest, idleSizes } from "./names.ts";
import type { ModelState } from "./state.ts";
import { modelUserBytes } from "./users.ts";

/** What counts for one address. */
export interface ModelShare {
  readonly sessions: number;
  readonly held: number;
  readonly waiting: number;
  readonly bytes: number;
}

/** Everything in the state, by the cost of each. */
export function stateBytes(state: ModelState): number {
  const { sessions, locks, apiTokens, users, names, tasks, pulls, taskPaths } = state;
  const idle = idleSizes(names, locks).map(({ path }) => costs.slot + pathBytes(path));
  const known = names.namespaces.map(({ namespace }) => namespaceBytes(namespace));
  const shares = [...addressesIn(state)].map(shareBytes);
  const things = [...sessions, ...locks, ...apiTokens, ...tasks, ...pulls, ...taskPaths];
  const own = [...things.map(bytesOf), ...users.map(modelUserBytes)];
  return sum([...own, ...idle, ...known, ...shares]);
}

export function shareOf(state: ModelState, address: string): ModelShare {
  const { sessions, locks, names, tasks, pulls, taskPaths } = state;
  const own = sessions.filter((session) => session.address === address);
  const asked = locks.filter((lock) => lock.address === address);
  const created = names.namespaces.filter((name) => name.address === address);
  const ofTasks = [...tasks, ...pulls, ...taskPaths].filter((each) => each.address === address);
  const held = asked.filter(({ token }) => token !== undefined).length;
  return {
    sessions: own.length,
    held,
    waiting: asked.length - held,
    bytes:
      sum([...own, ...asked, ...ofTasks].map(bytesOf)) +
      sum(created.map(({ namespace }) => namespaceBytes(namespace))),
  };
}

export interface ModelDemand {
  readonly bytes: number;
  readonly address?: string | undefined;
  readonly by: "client" | "operator";
}

/** Whether so much more fits in; forgets idle names for it, one after the other. */
export function hasRoom(state: ModelState, demand: ModelDemand, at: TimeMs): boolean {
  const { limits, names } = state;
  const { bytes, address, by } = demand;
  if (address !== undefined && addressesIn(state).has(address)) {
    if (shareOf(state, address).bytes + bytes > limits.stateBytesPerAddressMax) return false;
  }
  const reserve = by === "operator" ? 0 : Math.floor(limits.stateBytesMax / 64);
  while (stateBytes(state) + bytes > limits.stateBytesMax - reserve) {
    if (!forgetOldest(names, state.locks, at)) return false;
  }
  return true;
}

/** The addresses that have anything. */
export function addressesIn(state: ModelState): ReadonlySet<string> {
  const { sessions, locks, names, tasks, pulls, taskPaths } = state;
  const things = [...sessions, ...locks, ...names.namespaces, ...tasks, ...pulls, ...taskPaths];
  const all = things.map(({ address }) => address);
  return new Set(all.filter((address) => address !== undefined));
}

function bytesOf({ bytes }: { readonly bytes: number }): number {
  return bytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
