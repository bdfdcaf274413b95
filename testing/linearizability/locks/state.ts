import type { Claim, SessionLife } from "../../../src/core/command.ts";
import { isGrantable } from "../../model/locks.ts";

/** Who has and who wants what, at one moment. Of what ends by itself it is known from when on it may. */
export interface LockState {
  /** Live requests, in the order of their acceptance. */
  readonly line: readonly LiveRequest[];
  /** Sessions that have something, and those that ask for nothing any more. */
  readonly owners: ReadonlyMap<string, Owner>;
  /** Of slots, by `nameOf` their claims. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The highest that clients were told. */
  readonly lastNumber: number;
  readonly lastToken: number;
}

export interface LiveRequest {
  readonly request: string;
  readonly session: string;
  readonly namespace: string;
  readonly claims: readonly Claim[];
  /** Its place in the line. */
  readonly number: number;
  readonly isGranted: boolean;
  readonly leaseMs: number | undefined;
  /** From then on its lease may run out; `never` without one. */
  readonly endsFrom: number;
  /** Of its grant, as it was heard or is going to be. */
  readonly token: number | undefined;
  /** Its grant came after one with a token as high or higher. */
  readonly isStale: boolean;
}

export interface Owner {
  readonly life: SessionLife;
  /** Otherwise nothing more is asked in it. */
  readonly isAttached: boolean;
  /** From then on it may end. */
  readonly endsFrom: number;
}

export const never = Number.POSITIVE_INFINITY;

export const emptyState: LockState = {
  line: [],
  owners: new Map(),
  sizes: new Map(),
  lastNumber: 0,
  lastToken: 0,
};

export function nameOf(namespace: string, { path }: Claim): string {
  return JSON.stringify([namespace, ...path]);
}

export function liveRequest({ line }: LockState, request: string): LiveRequest | undefined {
  return line.find((other) => other.request === request);
}

export function withOwner(state: LockState, session: string, owner: Owner): LockState {
  return { ...state, owners: new Map(state.owners).set(session, owner) };
}

/** Puts one in the place of another that has the same name. */
export function withRequest(state: LockState, changed: LiveRequest): LockState {
  const { request } = changed;
  const line = state.line.map((other) => (other.request === request ? changed : other));
  return { ...state, line };
}

/** A request in line gets what it asked for, not earlier than `at`. */
export function withGrant(state: LockState, request: LiveRequest, at: number): LockState {
  const { token, leaseMs } = request;
  const granted = {
    ...request,
    isGranted: true,
    endsFrom: leaseMs === undefined ? never : at + leaseMs,
    isStale: token !== undefined && token <= state.lastToken,
  };
  return { ...withRequest(state, granted), lastToken: Math.max(state.lastToken, token ?? 0) };
}

/** Takes requests away, all in one moment; those whose turn has come then get what they asked for. */
export function without(
  state: LockState,
  isGone: (request: LiveRequest) => boolean,
  at: number,
): LockState {
  let next: LockState = { ...state, line: state.line.filter((request) => !isGone(request)) };
  for (const request of next.line) {
    if (!request.isGranted && isGrantable(request, next.line)) next = withGrant(next, request, at);
  }
  return { ...next, owners: ownersLeft(next) };
}

/** Without those about whom nothing is left to say. */
function ownersLeft({ owners, line }: LockState): LockState["owners"] {
  const left = [...owners].flatMap(([session, owner]): [string, Owner][] => {
    if (line.some((request) => request.session === session)) return [[session, owner]];
    return owner.isAttached ? [] : [[session, { ...owner, endsFrom: never }]];
  });
  return new Map(left);
}

export function keyOf({ line, owners, sizes, lastNumber, lastToken }: LockState): string {
  const requests = line.map(({ request, isGranted, leaseMs, endsFrom, isStale }) => {
    return `${request}${isGranted ? `+${leaseMs}+${endsFrom}` : ""}${isStale ? "!" : ""}`;
  });
  const sessions = [...owners].map(([session, { isAttached, endsFrom }]) => {
    return `${session}${isAttached ? "+" : "-"}${endsFrom}`;
  });
  const known = [...sizes].map(([name, size]) => `${name}${size}`);
  return [requests, sessions.sort(), known.sort(), lastNumber, lastToken].join(";");
}
