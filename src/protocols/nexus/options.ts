import type { State } from "../../core/apply.ts";
import type { PasswordRecord } from "../../core/command.ts";
import type { Namespace, NodeId, SessionId, TimeMs } from "../../core/ids.ts";
import type { Tags } from "../../core/users/state.ts";
import type { Identities } from "../protocol.ts";

/** Settings and functions that the API needs. */
export interface NexusOptions extends Identities {
  readonly node: NodeId;
  /** The namespace of the names of locks. */
  readonly namespace: Namespace;
  /** How answers look until a client has said what it is; `auto`: as in 0.2 until it asks for the version. */
  readonly dialect: "auto" | Dialect;
  /** Bytes of one message. */
  readonly messageBytesMax: number;
  readonly jsonDepthMax: number;
  /** UTF-8 bytes of the name of a lock. */
  readonly nameBytesMax: number;
  /** A whitelist keeps out every address that it does not name. */
  readonly isWhitelistStrict: boolean;
  /** Origins whose pages may send HTTP requests, besides this host's own. */
  readonly allowedOrigins: readonly string[];
  /** What a connection may do before it has logged in. */
  readonly nobodyTags: Tags;
  /** Read between two entries. */
  readonly state: State;
  /** A record of the password, to be kept of a user. */
  recordOf(password: string): Promise<PasswordRecord>;
  /** Judges the password of a login. */
  judgeLogin(attempt: LoginAttempt): Promise<LoginJudgement>;
  /** A fresh text that nobody can guess. */
  newSecret(): string;
  /** What the wall clock shows at a time of the log, in Unix ms. */
  wallMsOf(at: TimeMs): number;
  /** Does long work in steps, over many turns of the event loop. */
  inSteps<Result>(work: Steps<Result>): Promise<Result>;
  /** All locks that are held in the namespace. */
  heldLocks(): Steps<readonly HeldLock[]>;
  /** The sessions and connections of all APIs. */
  listedPeers(): Steps<readonly ListedPeer[]>;
  /** Ends a connection without a session in the log; `false`: there is none. */
  kickConnection(session: SessionId): boolean;
  /** The user of a session or connection of any API; `undefined`: there is none. */
  userOf(session: SessionId): string | undefined;
  /** Somebody wants to hear hooks, for the first time or again. */
  hooksWanted(): void;
  /** The topics that anybody is subscribed to, as they are written in subscriptions. */
  listedTopics(): readonly ListedTopic[];
  /** The nodes of the server. */
  listedNodes(): readonly ListedNode[];
}

/** `0.2` is that of the seed document. */
export type Dialect = "0.2" | "1";

export interface LoginAttempt {
  readonly user: string;
  readonly password: string;
  /** That of the user; `undefined`: there is no such user. */
  readonly record: PasswordRecord | undefined;
  /** Empty if it is unknown. */
  readonly address: string;
}

/** Work that goes on with each step, and ends with its result. */
export type Steps<Result> = Generator<void, Result, void>;

/** `too_many_guesses`: wrong passwords came too often, so the server did not judge this one. */
export type LoginJudgement = "right" | "wrong" | "too_many_guesses";

export interface HeldLock {
  readonly name: string;
  /** Undefined: the lock has outlived its session. */
  readonly owner: SessionId | undefined;
}

export interface ListedPeer {
  readonly session: SessionId;
  readonly node: string;
  readonly api: string;
  readonly remoteAddress: string;
  readonly user: string;
  /** Unix ms of the wall clock. */
  readonly openedAtMs: number;
}

export interface ListedTopic {
  readonly topic: string;
  readonly subscribers: number;
}

export interface ListedNode {
  readonly id: string;
  readonly clients: number;
  /** Of 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly isListening: boolean;
}
