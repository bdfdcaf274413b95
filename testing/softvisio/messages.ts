/** What the process of the published clients is asked, each question with its number. */
export interface Question {
  readonly id: number;
  readonly order: Order;
}

export type Order =
  | { readonly type: "open"; readonly client: number; readonly wishes: ClientWishes }
  | ({ readonly type: "call" | "call_void" | "call_abortable"; readonly client: number } & Call)
  /** Names of events, in full; without their cluster for the client of a cluster. */
  | { readonly type: "listen" | "unlisten"; readonly client: number; readonly name: string }
  /** Resolves when the server has heard of all that the client listens to, and does not any more. */
  | { readonly type: "settle"; readonly client: number }
  /** Only for the client of a cluster; nobody is told what becomes of it. */
  | { readonly type: "publish"; readonly client: number; readonly args: readonly unknown[] }
  | ({ readonly type: "mutex"; readonly client: number } & MutexCall)
  /** Takes back the call, or the wait for a mutex, that was asked for under that number. */
  | { readonly type: "abort"; readonly question: number };

export interface ClientWishes {
  readonly url: string;
  readonly token?: string;
  /** 1, when absent; 0: one to each address that the host has, as the client would by itself. */
  readonly maxConnections?: number;
  /** The client is that of a cluster of this name. */
  readonly cluster?: string;
}

export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface MutexCall {
  readonly mutex: string;
  readonly verb: "isLocked" | "tryLock" | "lock" | "unlock";
}

export type Report =
  | { readonly type: "answer"; readonly question: number; readonly value?: unknown }
  | { readonly type: "failure"; readonly question: number; readonly message: string }
  | { readonly type: "notice"; readonly client: number; readonly notice: Notice };

/** What a client is told without having asked. */
export type Notice =
  | { readonly type: "event"; readonly name: string; readonly args: readonly unknown[] }
  | { readonly type: "connect" }
  | { readonly type: "disconnect"; readonly status: number }
  /** Of the session that its token stands for. */
  | { readonly type: "accessDenied" | "sessionDelete" }
  /** It does not hold the mutex any more: it has unlocked or lost it. */
  | { readonly type: "mutex_end"; readonly mutex: string };

/** How a call has ended. */
export interface CallResult {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
  readonly isException: boolean;
  readonly data?: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
}
