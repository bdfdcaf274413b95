/**
 * Who the peers of all APIs are. An attempt passes
 *
 *   credentials ──known to be right──▶ judged
 *        │ wrong guesses came from the address
 *        ├── few ──▶ judged
 *        ├── many ──▶ waits in line for its address ──▶ judged
 *        └── and the line is full ──▶ refused unjudged
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { networkOf } from "../../core/network.ts";
import { unreachable } from "../../core/unreachable.ts";
import {
  type Credentials,
  type CredentialsFault,
  type Identity,
  type Judgement,
  nobody,
  type Principal,
} from "../../protocols/identity.ts";
import type { Clock } from "../clock.ts";
import type { Proof } from "../config.ts";
import type { ApiTokens } from "./api-tokens.ts";
import type { CredentialRefusals } from "./credential-refusals.ts";
import { createGuesses, type Guesses } from "./guesses.ts";

export interface Gatekeeper {
  /** The identity of an API's peers; without a proof it admits all of them. */
  identityFor(api: string, proof: Proof | undefined): Identity;
}

export interface GatekeeperOptions {
  readonly clock: Pick<Clock, "nowMs" | "after">;
  readonly apiTokens: Pick<ApiTokens, "judge" | "isValid">;
  readonly refusals: Pick<CredentialRefusals, "note">;
}

/** Attempts of one address that wait; more are refused. */
const lineMax = 8;

/** Right credentials that are remembered, each with its address; beyond these the oldest is forgotten. */
const rightMax = 10_000;

interface GatekeeperState extends GatekeeperOptions {
  readonly guesses: Guesses;
  /** By network, the end of the line of those that wait, and their number. */
  readonly lines: Map<string, { end: Promise<unknown>; length: number }>;
  /**
   * Hashes of credentials that were right, with API and address. They are judged again, but never wait, so that
   * somebody else's wrong guesses do not keep them out.
   */
  readonly right: Set<string>;
}

export function createGatekeeper(options: GatekeeperOptions): Gatekeeper {
  const state: GatekeeperState = {
    ...options,
    guesses: createGuesses(options.clock.nowMs),
    lines: new Map(),
    right: new Set(),
  };
  return {
    identityFor(api, proof) {
      const judge = judgeFor(proof, options.apiTokens);
      const door: Door = { api, judge, isRequired: proof !== undefined };
      return {
        authenticate(credentials, address = "") {
          const asksNothing = proof === undefined && credentials.type === "none";
          return asksNothing ? everybody : authenticate(state, door, credentials, address);
        },
        isCurrent: (principal) =>
          proof?.type !== "api_token" ||
          (principal.type === "api_token" && options.apiTokens.isValid(principal.id)),
      };
    },
  };
}

/** The judgement where nothing is asked and nothing shown, as at most calls. */
const everybody: Judgement = { type: "admitted", principal: nobody };

/** The way into one API. */
interface Door {
  readonly api: string;
  readonly judge: (credentials: Credentials, hash: Buffer) => Judgement;
  /** Whether wrong credentials keep a peer out, so that guesses count. */
  readonly isRequired: boolean;
}

interface Attempt {
  readonly door: Door;
  readonly credentials: Credentials;
  /** Empty once the client is gone. */
  readonly address: string;
  /** The address, or its network, for which guesses are counted. */
  readonly network: string;
  /** SHA-256 of what is secret in the credentials. */
  readonly hash: Buffer;
  /** Stands for these credentials at this API from this address. */
  readonly key: string;
}

function authenticate(
  state: GatekeeperState,
  door: Door,
  credentials: Credentials,
  address: string,
): Judgement | Promise<Judgement> {
  const network = networkOf(address);
  const hash = hashOf(credentials);
  const key = `${door.api} ${address} ${hash.toString("latin1")}`;
  const attempt: Attempt = { door, credentials, address, network, hash, key };
  if (!door.isRequired || credentials.type === "none" || mayPass(state, attempt)) {
    return decide(state, attempt);
  }
  const line = state.lines.get(network);
  const isFull = line !== undefined && line.length >= lineMax;
  return isFull ? refuse(state, attempt, "too_many_guesses") : inLine(state, attempt);
}

function mayPass({ lines, guesses, right }: GatekeeperState, attempt: Attempt): boolean {
  const { network, key } = attempt;
  return right.has(key) || (!lines.has(network) && guesses.waitMs(network) === 0);
}

/** Judges when everybody before in the line of the address has been judged and the wait is over. */
function inLine(state: GatekeeperState, attempt: Attempt): Promise<Judgement> {
  const { network } = attempt;
  const line = state.lines.get(network) ?? { end: Promise.resolve(), length: 0 };
  state.lines.set(network, line);
  line.length += 1;
  const judged = line.end
    .then(() => waitOut(state, network))
    .then(() => {
      line.length -= 1;
      if (line.length === 0) state.lines.delete(network);
      return decide(state, attempt);
    });
  line.end = judged;
  return judged;
}

function waitOut({ guesses, clock }: GatekeeperState, network: string): Promise<void> {
  return new Promise((resolve) => {
    clock.after(guesses.waitMs(network), () => resolve());
  });
}

function decide(state: GatekeeperState, attempt: Attempt): Judgement {
  const { door, credentials, hash, key } = attempt;
  const judgement = door.judge(credentials, hash);
  if (judgement.type === "refused") return refuse(state, attempt, judgement.reason);
  if (door.isRequired) remember(state.right, key);
  return judgement;
}

function remember(right: Set<string>, key: string): void {
  if (right.has(key)) return;
  right.add(key);
  const [oldest] = right;
  if (right.size > rightMax && oldest !== undefined) right.delete(oldest);
}

function refuse(
  state: GatekeeperState,
  { door: { api }, address, network }: Attempt,
  reason: CredentialsFault,
): Judgement {
  if (reason === "wrong") state.guesses.count(network);
  state.refusals.note({ api, reason, remoteAddress: address });
  return { type: "refused", reason };
}

function judgeFor(
  proof: Proof | undefined,
  apiTokens: GatekeeperOptions["apiTokens"],
): Door["judge"] {
  switch (proof?.type) {
    case undefined:
      // A token that is shown anyway tells operators who the peer is.
      return (credentials) => admitted(bearerOf(credentials, apiTokens) ?? nobody);
    case "login":
      return () => admitted(nobody);
    case "api_token":
      return (credentials) => judged(credentials, bearerOf(credentials, apiTokens));
    case "password": {
      const expected = digest(Buffer.from(proof.password));
      return (credentials, hash) => {
        const isRight = credentials.type === "password" && timingSafeEqual(hash, expected);
        return judged(credentials, isRight ? { type: "confidant" } : undefined);
      };
    }
  }
}

function bearerOf(
  credentials: Credentials,
  apiTokens: GatekeeperOptions["apiTokens"],
): Principal | undefined {
  const known = credentials.type === "token" ? apiTokens.judge(credentials.text) : undefined;
  return known && { type: "api_token", id: known.token, name: known.name };
}

function judged(credentials: Credentials, principal: Principal | undefined): Judgement {
  if (principal !== undefined) return admitted(principal);
  return { type: "refused", reason: credentials.type === "none" ? "missing" : "wrong" };
}

function admitted(principal: Principal): Judgement {
  return { type: "admitted", principal };
}

function hashOf(credentials: Credentials): Buffer {
  switch (credentials.type) {
    case "none":
      return noHash;
    case "token":
      return digest(Buffer.from(credentials.text));
    case "password":
      return digest(credentials.password);
    default:
      return unreachable(credentials);
  }
}

const noHash = Buffer.alloc(32);

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
