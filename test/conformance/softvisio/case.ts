/** What rows are made of: words of the protocol, written without the code that they judge. */

/**
 * What several connections to one fresh server say and hear, move by move. A move is over when all that
 * it says is heard has been heard, and nothing else may be. Data only, so that the protocol itself and a
 * real server behind a socket are held to the same. What stands in angle brackets is a lock id or a
 * fencing token; one with a suffix means the same wherever it appears in the play.
 */
export interface Play {
  /** A section of docs/protocols/softvisio.md. */
  readonly see: string;
  /** A sentence that can be false; the name of the test. */
  readonly rule: string;
  readonly moves: readonly Move[];
}

export type Move =
  /** The connection sends these frames at once; it connects with its first move. */
  | {
      readonly who: string;
      /** A string as a text frame, bytes as a binary one. */
      readonly sends: readonly (string | Uint8Array)[];
      readonly heard: HeardBy;
      /** Answers, by their ids; absent: in the order in which they stand. */
      readonly anyOrder?: true;
    }
  /** It closes, or is gone; the server notices. */
  | { readonly who: string; readonly leaves: true; readonly heard: HeardBy }
  | {
      readonly asks: HttpAsk;
      readonly answer: ExpectedResponse;
      readonly heard: HeardBy;
    };

export type HeardBy = Readonly<Record<string, readonly Heard[]>>;

/** A text frame, exactly but for what stands in angle brackets; or the close. */
export type Heard = string | { readonly close: number; readonly reason: string };

export interface HttpAsk {
  /** POST when absent. */
  readonly method?: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ExpectedResponse {
  readonly status: number;
  readonly body: string;
  /** Those that must be there, exactly so. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const methods = {
  publish: "/v1/events/publish",
  isLocked: "/v1/mutexes/is-locked",
  tryLock: "/v1/mutexes/try-lock",
  lock: "/v1/mutexes/lock",
  unlock: "/v1/mutexes/unlock",
} as const;

/** A call; `undefined` for an id makes it a void one. */
export function call(id: unknown, method: string, ...params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

export function publish(cluster: string, name: string, rest: object = {}): string {
  return call(undefined, methods.publish, cluster, { name, ...rest });
}

/** The result of a call; without `data` the method has no value to give. */
export function ok(id: unknown, data?: unknown): string {
  const result = { status: 200, status_text: "OK", exception: false, data };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** The result of a call that has locked a mutex: the lock id, and the token of the grant. */
export function granted(id: unknown, lockId = "<uuid>"): string {
  const idText = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
  const result = `{"status":200,"status_text":"OK","exception":false,"data":"${lockId}","meta":{"token":<token>}}`;
  return `{"jsonrpc":"2.0",${idText}"result":${result}}`;
}

/** docs/protocols/softvisio.md, section 6. */
const codes = {
  500: "Internal Server Error",
  [-32600]: "Invalid Request",
  [-32802]: "Too many requests",
  [-32803]: "Unsupported content type",
  [-32804]: "HTTP method not allowed",
  [-32807]: "Unable to decode RPC message body",
  [-32808]: "Arguments validation error",
  [-32809]: "API method not found",
  [-32810]: "Persistent connection is required to call API method",
  [-32811]: "Access denied",
  [-32812]: "Authorization is required",
  [-32814]: "Backend is down",
  [-32815]: "Session was deleted",
  [-32816]: "Service is shutting down",
} as const;

export function failed(
  id: unknown,
  code: keyof typeof codes,
  ...errors: readonly string[]
): string {
  const meta = errors.length === 0 ? {} : { errors };
  const error = { code, message: codes[code], data: { exception: Number(code) === 500, meta } };
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

export function pushed(...params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: "2.0", method: "/publish", params });
}

/** The names of the events, in one void frame, as clients send it. */
export function subscribe(...names: readonly unknown[]): string {
  return call(undefined, "/subscribe", names);
}

export function abort(...params: readonly unknown[]): string {
  return call(undefined, "/abort", ...params);
}

/** The connection sends one frame and hears one answer. */
export function says(who: string, frame: string, answer: Heard, heard: HeardBy = {}): Move {
  return { who, sends: [frame], heard: { [who]: [answer], ...heard } };
}

/** The connection sends frames, and hears nothing itself. */
export function mutters(who: string, frames: readonly string[], heard: HeardBy = {}): Move {
  return { who, sends: frames, heard };
}

export function leaves(who: string, heard: HeardBy = {}): Move {
  return { who, leaves: true, heard };
}

/** A row of one connection. */
export function alone(
  see: string,
  rule: string,
  sends: readonly (string | Uint8Array)[],
  hears: readonly Heard[],
): Play {
  return { see, rule, moves: [{ who: "a", sends, heard: { a: hears } }] };
}

/** A row of one connection whose answers come in any order. */
export function together(
  see: string,
  rule: string,
  sends: readonly string[],
  hears: readonly string[],
): Play {
  return { see, rule, moves: [{ who: "a", sends, heard: { a: hears }, anyOrder: true }] };
}

/** Well-formed, and the id of no lock. */
export const noLock = "5e1de000-0000-4000-8000-00000000dead";
