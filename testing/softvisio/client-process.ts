import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTemporaryFolder } from "../temporary-folder.ts";
import type { CallResult, ClientWishes, MutexCall, Notice, Order, Report } from "./messages.ts";

const main = fileURLToPath(new URL("./client-main.ts", import.meta.url));

/** A process with any number of clients, as npm has them. They connect again for as long as it lives. */
export interface SoftvisioProcess extends AsyncDisposable {
  /** Resolves when the client is connected. */
  open(wishes: ClientWishes): Promise<SoftvisioClient>;
  signal(name: NodeJS.Signals): void;
}

/** What is asked of it rejects only when the process ends, or the library throws. */
export interface SoftvisioClient {
  call(method: string, ...args: readonly unknown[]): Promise<CallResult>;
  callVoid(method: string, ...args: readonly unknown[]): Promise<void>;
  callAbortable(method: string, ...args: readonly unknown[]): Abortable<CallResult>;
  /** Resolves when the server knows of it. */
  listen(name: string): Promise<void>;
  unlisten(name: string): Promise<void>;
  /** Resolves when all has arrived that the server had to say up to now, and knows what is listened to. */
  settle(): Promise<void>;
  /** Only for the client of a cluster. */
  publish(...args: readonly unknown[]): Promise<void>;
  mutex(name: string): Mutex;
  /** The next notice that nobody has asked for yet. */
  hear(): Promise<Notice>;
  /** What was heard and not asked for. */
  readonly unheard: readonly Notice[];
}

/** A client's own class for a mutex. */
export interface Mutex {
  isLocked(): Promise<unknown>;
  tryLock(): Promise<unknown>;
  lock(): Abortable<unknown>;
  unlock(): Promise<unknown>;
}

export interface Abortable<Result> {
  readonly ended: Promise<Result>;
  abort(): void;
}

export function startSoftvisioClients(): SoftvisioProcess {
  const folder = createTemporaryFolder();
  writePlaceholders(folder.path);
  const child = spawn(process.execPath, [main], {
    env: { XDG_DATA_HOME: folder.path },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const answers: PromiseWithResolvers<unknown>[] = [];
  const mailboxes: Mailbox[] = [];
  let isDead = false;
  child.on("message", (report: Report) => {
    if (report.type === "notice") mailboxes[report.client]?.put(report.notice);
    else if (report.type === "answer") answers[report.question]?.resolve(report.value);
    else answers[report.question]?.reject(new Error(report.message));
  });
  const ended = once(child, "close").then(() => {
    isDead = true;
    for (const { reject } of answers) reject(new Error("the process of the client is dead"));
    for (const mailbox of mailboxes) mailbox.close();
  });

  function ask(order: Order): { readonly id: number; readonly answer: Promise<unknown> } {
    const answer = Promise.withResolvers<unknown>();
    // Not everybody waits for it.
    answer.promise.catch(() => {});
    const id = answers.push(answer) - 1;
    if (isDead) answer.reject(new Error("the process of the client is dead"));
    else child.send({ id, order }, () => {});
    return { id, answer: answer.promise };
  }

  return {
    async open(wishes) {
      const mailbox = openMailbox();
      const client = mailboxes.push(mailbox) - 1;
      await ask({ type: "open", client, wishes }).answer;
      return clientOf(client, mailbox, ask);
    },
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      folder[Symbol.dispose]();
    },
  };
}

type Ask = (order: Order) => { readonly id: number; readonly answer: Promise<unknown> };

function clientOf(client: number, mailbox: Mailbox, ask: Ask): SoftvisioClient {
  async function tell(order: Order): Promise<void> {
    await ask(order).answer;
  }

  function abortable<Result>(order: Order): Abortable<Result> {
    const { id, answer } = ask(order);
    return {
      ended: answer as Promise<Result>,
      abort: () => void ask({ type: "abort", question: id }),
    };
  }

  const settle = () => tell({ type: "settle", client });
  return {
    call(method, ...args) {
      return ask({ type: "call", client, method, args }).answer as Promise<CallResult>;
    },
    callVoid: (method, ...args) => tell({ type: "call_void", client, method, args }),
    callAbortable: (method, ...args) => abortable({ type: "call_abortable", client, method, args }),
    async listen(name) {
      await tell({ type: "listen", client, name });
      await settle();
    },
    async unlisten(name) {
      await tell({ type: "unlisten", client, name });
      await settle();
    },
    settle,
    publish: (...args) => tell({ type: "publish", client, args }),
    mutex(mutex) {
      const order = (verb: MutexCall["verb"]) => ({ type: "mutex", client, mutex, verb }) as const;
      return {
        isLocked: () => ask(order("isLocked")).answer,
        tryLock: () => ask(order("tryLock")).answer,
        lock: () => abortable(order("lock")),
        unlock: () => ask(order("unlock")).answer,
      };
    },
    hear: mailbox.take,
    unheard: mailbox.notices,
  };
}

/** What one client was told, in order, for as long as nobody takes it. */
interface Mailbox {
  readonly notices: readonly Notice[];
  put(notice: Notice): void;
  /** Rejects when there will be no more. */
  take(): Promise<Notice>;
  close(): void;
}

function openMailbox(): Mailbox {
  const notices: Notice[] = [];
  let isOpen = true;
  let wake: (() => void) | undefined;
  return {
    notices,
    put(notice) {
      notices.push(notice);
      wake?.();
    },
    async take() {
      for (;;) {
        const notice = notices.shift();
        if (notice !== undefined) return notice;
        if (!isOpen) throw new Error("the process of the client is dead");
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close() {
      isOpen = false;
      wake?.();
    },
  };
}

/** For files that the client would else fetch from the network; it does without what is in them. */
function writePlaceholders(dataHome: string): void {
  const folder = join(dataHome, "softvisio/external-resources/softvisio-node-core-resources");
  const lastUpdated = new Date().toISOString();
  for (const [name, files] of Object.entries(placeholders)) {
    mkdirSync(join(folder, name), { recursive: true });
    const about = JSON.stringify({ id: name, etag: name, lastUpdated });
    writeFileSync(join(folder, `${name}.json`), about);
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(join(folder, name, file), content);
    }
  }
}

const placeholders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mime: { "mime.json": "[]" },
  http: { "browsers.json": "{}" },
  subnets: { "subnets.json": "{}" },
  "geolite2-country": {},
  "public-suffixes": {},
  tld: {},
  "user-agent": {},
};
