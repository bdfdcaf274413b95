import { randomUUID } from "node:crypto";
import { apply, createState, type State } from "../../src/core/apply.ts";
import type {
  Acquire,
  Claim,
  Command,
  Path,
  SessionLife,
  SessionOrigin,
  TagList,
  UserChange,
} from "../../src/core/command.ts";
import type {
  ApiTokenId,
  JsonText,
  LockKey,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TaskId,
  TimeMs,
  UserName,
} from "../../src/core/ids.ts";
import { limitsDefault } from "../../src/core/limits.ts";
import type { Thing } from "./case.ts";

export interface Filling {
  readonly state: State;
  /** Makes what is not to be measured. */
  prepare(): void;
  /** Makes the things. */
  run(): void;
}

/** A state, and how so many of the thing come into it. */
export function fill(thing: Thing, count: number): Filling {
  const stage = createStage();
  const { prepare, make } = makersOf(thing, stage, count);
  return {
    state: stage.state,
    prepare,
    run() {
      for (let number = 0; number < count; number += 1) make(number);
    },
  };
}

interface Maker {
  prepare(): void;
  make(number: number): void;
}

type Terms = Partial<Pick<Acquire, "waitMs" | "leaseMs" | "key" | "namespace">>;

interface Stage {
  readonly state: State;
  apply(command: Command): void;
  open(session: string, life: SessionLife, origin?: SessionOrigin): void;
  acquire(session: string, claims: readonly Claim[], terms?: Terms): RequestId;
  release(session: string, request: RequestId): void;
}

const connection: SessionLife = { type: "connection", graceMs: 60_000, restartGraceMs: 60_000 };
const idle: SessionLife = { type: "idle", idleMs: 600_000 };
/** As many as one session holds in these fillings; that it holds several costs the most. */
const perSession = 10;

/** Commands go through JSON, as after a restart: no text is shared. Their numbers are large, as V8 keeps only small ones for nothing. */
function createStage(): Stage {
  const state = createState();
  let index = 0;
  let request = 0;
  const at = 1_800_000_000_000;

  function applyNext(command: Command): void {
    index += 1;
    const copy: Command = JSON.parse(JSON.stringify(command));
    const time = (at + index) as TimeMs;
    const effects = apply(state, { index: index as LogIndex, at: time, command: copy });
    const refused = effects.find(({ outcome }) => outcome.type === "rejected");
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
  }

  function nextRequest(): RequestId {
    request += 1;
    return `n1-1.${request.toString(36)}` as RequestId;
  }

  applyNext({
    type: "set_limits",
    limits: { ...limitsDefault, stateBytesMax: 2 ** 40, idleNamesMax: 2 ** 40 },
  });
  applyNext({ type: "advance", by: 2 ** 40 });
  return {
    state,
    apply: applyNext,
    open(session, life, origin = {}) {
      applyNext({
        type: "open_session",
        session: session as SessionId,
        request: nextRequest(),
        node: "n1" as NodeId,
        api: "locktopus",
        life,
        origin,
      });
    },
    acquire(session, claims, terms = {}) {
      const namespace = "default" as Namespace;
      const asked = nextRequest();
      const common = { session: session as SessionId, request: asked, namespace, claims };
      applyNext({ type: "acquire", ...common, ...terms });
      return asked;
    },
    release(session, asked) {
      const target = { type: "request", request: asked } as const;
      applyNext({ type: "release", session: session as SessionId, request: nextRequest(), target });
    },
  };
}

function makersOf(thing: Thing, stage: Stage, count: number): Maker {
  switch (thing) {
    case "session of a connection":
      return sessions((number) => stage.open(`n1-${number}`, connection, originOf("192.0.2.1")));
    case "session that lives by its requests":
      return sessions((number) => stage.open(`n1-${number}`, idle, originOf("192.0.2.1")));
    case "session of an address of its own":
      return sessions((number) =>
        stage.open(`n1-${number}`, idle, originOf(`2001:db8:${number}::1`)),
      );
    case "lock, path of 1 segment":
      return locks(stage, count, (number) => [exclusive([`held-${number}`])]);
    case "lock, path of 16 segments":
      return locks(stage, count, (number) => [exclusive(deep(16, number))]);
    case "lock, path of 16 segments, 15 shared":
      return locks(stage, count, (number) => [exclusive([...deep(15, 0), `held-${number}`])]);
    case "lock, name of 512 two-byte characters":
      return locks(stage, count, (number) => [exclusive([String(number).padEnd(512, "Ж")])]);
    case "lock with key, lease and slot size":
      return locks(
        stage,
        count,
        (number) => [slot(`held-${number}`)],
        () => {
          return { key: randomUUID() as LockKey, leaseMs: 3_600_000 };
        },
      );
    case "lock of 64 claims":
      return locks(stage, count, (number) =>
        Array.from({ length: 64 }, (_, place) => exclusive([`held-${number}`, `part-${place}`])),
      );
    case "lock in a namespace of its own":
      return locks(
        stage,
        count,
        () => [exclusive(["held"])],
        (number) => {
          return { namespace: `space-${number}` as Namespace };
        },
      );
    case "waiter with a deadline":
      return waiters(stage, count, () => exclusive(["hot"]));
    case "waiter, path of 8 segments, in a crowd":
      return waiters(stage, count, (number) => {
        return { mode: number % 2 === 0 ? "shared" : "exclusive", path: deep(8, number >> 2) };
      });
    case "idle slot size":
      return idlers(stage, (number) => [slot(`held-${number}`)]);
    case "idle namespace":
      return idlers(
        stage,
        () => [exclusive(["held"])],
        (number) => {
          return { namespace: `space-${number}` as Namespace };
        },
      );
    case "API token":
      return sessions((number) => {
        stage.apply({
          type: "create_api_token",
          ...operationOf(`t${number}`),
          token: number.toString(16).padStart(12, "0") as ApiTokenId,
          name: `token ${number}`,
          digest: "0".repeat(64),
        });
      });
    case "user without tags":
      return sessions((number) => createUser(stage, number));
    case "user with 16 tags at 4 prefixes, and lists":
      return {
        prepare() {},
        make(number) {
          createUser(stage, number);
          for (const change of changes) changeUser(stage, number, change);
        },
      };
    case "session that is logged in, each as another user":
      return {
        prepare() {
          for (let number = 0; number < count; number += 1) {
            stage.open(`n1-${number}`, connection, originOf("192.0.2.1"));
            createUser(stage, number);
          }
        },
        make(number) {
          const who = { user: userOf(number), password, isWhitelistStrict: false };
          const session = `n1-${number}` as SessionId;
          stage.apply({ type: "log_in", session, request: `l${number}` as RequestId, ...who });
        },
      };
    case "detached task that waits":
      return tasks(stage, count, (_, session) => push(stage, session, "jobs.mail.", true));
    case "task of a session of its own, that another such works at":
      return tasks(stage, count, (number, session) => {
        push(stage, session, `jobs.${number}.`, false);
        pull(stage, `n1-${count + number}`, `jobs.${number}.`);
      });
    case "task, path of 16 labels":
      return tasks(stage, count, (number, session) =>
        push(stage, session, `${deep(16, number).join(".")}.`, true),
      );
    case "pull, in a session and at a path of its own":
      return tasks(stage, count, (number, session) => pull(stage, session, `jobs.${number}.`));
  }
}

const password = `$argon2id$v=19$m=12288,t=3,p=1$${"c".repeat(22)}$${"d".repeat(43)}`;

function createUser(stage: Stage, number: number): void {
  const operation = operationOf(`u${number}`);
  stage.apply({ type: "create_user", ...operation, user: userOf(number), password });
}

/** With each a session of its own, which is not measured. */
function tasks(
  stage: Stage,
  count: number,
  make: (number: number, session: string) => void,
): Maker {
  return {
    prepare() {
      for (let number = 0; number < 2 * count; number += 1) {
        stage.open(`n1-${number}`, connection, originOf("192.0.2.1"));
      }
    },
    make: (number) => make(number, `n1-${number}`),
  };
}

function push(stage: Stage, session: string, path: string, isDetached: boolean): void {
  const pushed = ++lastTask;
  stage.apply({
    type: "push_task",
    session: session as SessionId,
    request: `n1-1.${pushed.toString(36)}` as RequestId,
    task: `${"0".repeat(16)}${pushed.toString(16).padStart(20, "0")}` as TaskId,
    path,
    method: "method",
    params: `{"number":${pushed}}` as JsonText,
    priority: pushed % 3,
    attempts: 5,
    timeoutMs: 3_600_000,
    ...(isDetached && { isDetached }),
    user: "root",
    tags: '{"@admin":true}' as JsonText,
  });
}

let lastTask = 0;

function pull(stage: Stage, session: string, path: string): void {
  const request = `n1-2.${session}` as RequestId;
  const command = { type: "pull_task", session: session as SessionId, request } as const;
  stage.apply({ ...command, path, timeoutMs: 3_600_000, user: "root" });
}

function changeUser(stage: Stage, number: number, change: UserChange): void {
  const operation = operationOf(`c${number}`);
  stage.apply({ type: "change_user", ...operation, user: userOf(number), change });
}

const changes: readonly UserChange[] = [
  ...["a", "a.b", "a.b.c", "."].map((prefix): UserChange => {
    const tags = Array.from({ length: 4 }, (_, place) => [`@task.${place}`, "true"] as const);
    return { type: "set_tags", prefix, tags: tags as unknown as TagList };
  }),
  { type: "add", list: "templates", item: "staff" },
  { type: "add", list: "whitelist", item: "192.0.2.*" },
  { type: "add", list: "blacklist", item: "2001:db8::/32" },
];

function userOf(number: number): UserName {
  return `user.${number}` as UserName;
}

function operationOf(request: string) {
  const session = "operator" as SessionId;
  return { session, request: request as RequestId, by: "root, process 1" };
}

function sessions(make: (number: number) => void): Maker {
  return { prepare() {}, make };
}

/** Each session holds some, and the sessions are not measured. */
function locks(
  stage: Stage,
  count: number,
  claimsOf: (number: number) => readonly Claim[],
  termsOf: (number: number) => Terms = () => ({}),
): Maker {
  return {
    prepare: () => openHolders(stage, count),
    make(number) {
      stage.acquire(holderOf(number), claimsOf(number), termsOf(number));
    },
  };
}

/** All wait behind one who holds everything. */
function waiters(stage: Stage, count: number, claimOf: (number: number) => Claim): Maker {
  return {
    prepare() {
      openHolders(stage, count);
      stage.open("holder", connection);
      stage.acquire("holder", [exclusive([])]);
    },
    make(number) {
      stage.acquire(holderOf(number), [claimOf(number)], { waitMs: 3_600_000 });
    },
  };
}

/** What stays of locks that were released. */
function idlers(
  stage: Stage,
  claimsOf: (number: number) => readonly Claim[],
  termsOf: (number: number) => Terms = () => ({}),
): Maker {
  return {
    prepare: () => stage.open("passer-by", connection),
    make(number) {
      const request = stage.acquire("passer-by", claimsOf(number), termsOf(number));
      stage.release("passer-by", request);
    },
  };
}

function openHolders(stage: Stage, count: number): void {
  for (let number = 0; number * perSession < count; number += 1) {
    stage.open(`n1-${number}`, connection, originOf("192.0.2.1"));
  }
}

function holderOf(number: number): string {
  return `n1-${Math.floor(number / perSession)}`;
}

function originOf(address: string): SessionOrigin {
  return { address, name: "invoices/1.2" };
}

function exclusive(path: Path): Claim {
  return { mode: "exclusive", path };
}

function slot(name: string): Claim {
  return { mode: "slot", path: [name], size: 3 };
}

function deep(depth: number, number: number): Path {
  return Array.from({ length: depth }, (_, level) => `level-${level}-${number}`);
}
