/** The published clients as a process of their own, driven by messages; see client-process.ts. */
import { randomUUID } from "node:crypto";
import { Api, Cluster, type Listener, plain, SharedMutex } from "./library.ts";
import type { ClientWishes, Notice, Order, Question, Report } from "./messages.ts";

interface Client {
  readonly api: Api;
  readonly cluster: Cluster | undefined;
  /** By the names of their events. */
  readonly listeners: Map<string, Listener>;
  readonly mutexes: Map<string, SharedMutex>;
  /** Another one of the same server, which tells this one what it wants to hear. */
  readonly prober: () => Api;
  notify(notice: Notice): void;
}

const clients = new Map<number, Client>();
/** Of the questions that can be taken back. */
const aborts = new Map<number, AbortController>();

process.on("message", async ({ id, order }: Question) => {
  try {
    report({ type: "answer", question: id, value: await answerTo(id, order) });
  } catch (error) {
    report({ type: "failure", question: id, message: String(error) });
  }
});
// Whoever made this process is gone, and it goes, too.
process.on("disconnect", () => process.exit());

function report(report: Report): void {
  process.send?.(report);
}

async function answerTo(question: number, order: Order): Promise<unknown> {
  if (order.type === "abort") return aborts.get(order.question)?.abort();
  if (order.type === "open") {
    const client = await opened(order.client, order.wishes);
    clients.set(order.client, client);
    return;
  }
  const client = clients.get(order.client);
  if (client === undefined) throw new Error(`there is no client ${order.client}`);
  switch (order.type) {
    case "call":
      return plain(await client.api.call(order.method, ...order.args));
    case "call_abortable": {
      const { method, args } = order;
      return plain(await client.api.call({ method, args, signal: signalFor(question) }));
    }
    case "call_void":
      return client.api.voidCall(order.method, ...order.args);
    case "listen":
      return listen(client, order.name);
    case "unlisten":
      return unlisten(client, order.name);
    case "settle":
      return settle(client);
    case "publish":
      return client.cluster?.publish(...order.args);
    case "mutex":
      return useMutex(client, question, order);
  }
}

/** Resolves when it is connected; of what becomes of the connection from then on there are notices. */
async function opened(
  number: number,
  { url, cluster: name, ...wishes }: ClientWishes,
): Promise<Client> {
  const newApi = () => new Api(url, { maxConnections: 1, ...wishes });
  const cluster = name === undefined ? undefined : new Cluster(name, url);
  const api = cluster?.api ?? newApi();
  const notify = (notice: Notice) => report({ type: "notice", client: number, notice });
  await api.waitConnect();
  api.on("connect", () => notify({ type: "connect" }));
  api.on("disconnect", (result) => {
    const { status } = result as { readonly status: number };
    notify({ type: "disconnect", status });
  });
  for (const type of ["accessDenied", "sessionDelete"] as const) {
    api.on(type, () => notify({ type }));
  }
  let prober: Api | undefined;
  const proberOf = () => {
    prober ??= newApi();
    return prober;
  };
  return { api, cluster, prober: proberOf, listeners: new Map(), mutexes: new Map(), notify };
}

function listen({ api, cluster, listeners, notify }: Client, name: string): void {
  const listener: Listener = (...args) => notify({ type: "event", name, args });
  listeners.set(name, listener);
  (cluster ?? api).on(name, listener);
}

function unlisten({ api, cluster, listeners }: Client, name: string): void {
  const listener = listeners.get(name);
  if (listener !== undefined) (cluster ?? api).off(name, listener);
}

/** The client tells nobody when it has subscribed; so it listens to one more name until it hears it. */
async function settle({ api, prober }: Client): Promise<void> {
  const name = randomUUID();
  let isHeard = false;
  api.once(`/cluster/probe/${name}`, () => {
    isHeard = true;
  });
  while (!isHeard) await succeed(prober(), "/v1/events/publish", "probe", { name });
  // It tells what it unsubscribes from behind what it subscribes to, and then this.
  await succeed(api, "/v1/mutexes/is-locked", "probe");
}

/** Tries again for as long as it is the connection that is missing. */
async function succeed(api: Api, method: string, ...args: readonly unknown[]): Promise<void> {
  for (;;) {
    const { ok, status, statusText } = await api.call(method, ...args);
    if (ok) return;
    const isClosed = status >= 1000 && status <= 1015;
    if (!isClosed) throw new Error(`${method}: ${status} ${statusText}`);
  }
}

async function useMutex(
  client: Client,
  question: number,
  { mutex: name, verb }: Extract<Order, { type: "mutex" }>,
): Promise<unknown> {
  const mutex = client.mutexes.get(name) ?? newMutex(client, name);
  const signal = signalFor(question);
  const result = await mutex[verb]({ signal });
  const isTaken = verb === "lock" ? !signal.aborted : verb === "tryLock" && result === true;
  if (isTaken) {
    mutex.abortSignal.addEventListener("abort", () => {
      client.notify({ type: "mutex_end", mutex: name });
    });
  }
  return result;
}

function newMutex({ api, cluster, mutexes }: Client, name: string): SharedMutex {
  const mutex = cluster?.mutexes.get(name) ?? new SharedMutex(api, name);
  mutexes.set(name, mutex);
  return mutex;
}

function signalFor(question: number): AbortSignal {
  const abort = new AbortController();
  aborts.set(question, abort);
  return abort.signal;
}
