/**
 * The form of the tables for gRPC: what several connections call, one after the other, and what they hear.
 * Texts may hold the names in angle brackets of case.ts; the values of `<uuid-…>` all differ.
 */
import type { CallOutcome } from "../../../testing/ldlm-client.ts";
import type { LdlmMessage, LdlmMethod } from "../../../testing/ldlm-proto.ts";

/** Steps which go one after another to a fresh server. */
export interface GrpcStory {
  readonly title: string;
  /** As on the command line. */
  readonly flags: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

export interface Step {
  /** The section of docs/protocols/ldlm.md. */
  readonly see: string;
  /** What the step shows. */
  readonly that: string;
  readonly does: Deed;
}

export type Deed =
  | Ask
  /** What a call that waits has heard by now. */
  | { readonly type: "hear"; readonly call: string; readonly expect: CallOutcome }
  | { readonly type: "cancel"; readonly call: string }
  /** The connection ends; what it still waits for is nobody's business. */
  | { readonly type: "leave"; readonly on: string }
  | { readonly type: "pass"; readonly ms: number }
  /** A call over REST, in the one session which this story has there. */
  | {
      readonly type: "rest";
      readonly path: string;
      readonly fields: object;
      readonly expect: object;
    };

export interface Ask {
  readonly type: "ask";
  /** The connection, by any name; it is opened by its first call. */
  readonly on: string;
  readonly method: LdlmMethod | `/${string}`;
  readonly request: object | Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** The call, for later steps. */
  readonly as: string;
  readonly expect: CallOutcome | "waits";
}

/** The lock of most steps. */
export const name = "orders";

/** A step that cites section 3, until told otherwise. */
export function step(that: string, does: Deed, see = "3"): Step {
  return { see, that, does };
}

export function ask(
  on: string,
  method: Ask["method"],
  fields: object | Uint8Array,
  expect: Ask["expect"],
  more: Partial<Pick<Ask, "as" | "metadata">> = {},
): Ask {
  const request = fields instanceof Uint8Array ? fields : { name, ...fields };
  return { type: "ask", on, method, request, metadata: {}, as: "", expect, ...more };
}

export function waits(on: string, as: string, fields: object = {}): Ask {
  return ask(on, "Lock", fields, "waits", { as });
}

export function unlock(on: string, key: string, of = name): Ask {
  return ask(on, "Unlock", { name: of, key }, done({ unlocked: true, name: of }));
}

export function hear(call: string, expect: CallOutcome): Deed {
  return { type: "hear", call, expect };
}

export function pass(ms: number): Deed {
  return { type: "pass", ms };
}

/** Of a lock that is granted or renewed. */
export function granted(
  key: string,
  { lease = false, name: of = name }: { readonly lease?: boolean; readonly name?: string } = {},
): CallOutcome {
  const token = { "x-holdfast-token": "<token>" };
  return {
    ...done({ locked: true, name: of, key }),
    metadata: lease
      ? { ...token, "x-holdfast-lease-ms": "<ms>", "x-holdfast-lease-until": "<time>" }
      : token,
  };
}

export const leased = (key: string): CallOutcome => granted(key, { lease: true });

/** Held by others, when there is no error. */
export function notLocked(key: string, error?: Fault, of = name): CallOutcome {
  return done({ locked: false, name: of, key, ...(error && { error }) });
}

export function notUnlocked(error: Fault, of = name): CallOutcome {
  return done({ unlocked: false, name: of, error });
}

/** With a status of gRPC. */
export function failed(code: number, details: string): CallOutcome {
  return { code, details, metadata: {} };
}

function done(message: LdlmMessage): CallOutcome {
  return { code: 0, details: "", message, metadata: {} };
}

type Fault = NonNullable<LdlmMessage["error"]>;

/** docs/protocols/ldlm.md, section 2. */
export const faults = {
  nameEmpty: { code: 0, message: "lock name cannot be empty" },
  leaseTooShort: { code: 0, message: "lock timeout must be greater than 0" },
  waitTooShort: { code: 0, message: "wait timeout must be greater than 0" },
  unknownName: { code: 1, message: "a lock by that name does not exist" },
  invalidKey: { code: 2, message: "invalid lock key" },
  waitTimeout: { code: 3, message: "timeout waiting to acquire lock" },
  notRenewable: { code: 5, message: "lock does not exist or invalid key" },
  sizeMismatch: { code: 6, message: "lock size mismatch" },
  sizeTooSmall: { code: 7, message: "lock size must be greater than 0" },
} as const satisfies Readonly<Record<string, Fault>>;
