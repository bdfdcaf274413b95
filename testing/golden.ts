/**
 * Writes a data folder in the format of now, with all that there can be in it, and what it means:
 *
 *     node testing/golden.ts        →  test/golden/format-1/
 *
 *     closed/         as a server leaves it that was stopped; several segments, two snapshots
 *     torn/           the same, killed while it wrote a record
 *     backup          of the state at the end
 *     entries.jsonl   every entry, a line each
 *     state.jsonl     the state after them, a record a line
 *
 * A folder that is there is never written again: every later version must open it as it is.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apply, createState, type State } from "../src/core/apply.ts";
import {
  type Claim,
  type Command,
  commandTypes,
  type Entry,
  type OpenSession,
  type PushTask,
  type UserChange,
} from "../src/core/command.ts";
import type {
  ApiTokenId,
  FencingToken,
  JsonText,
  LockKey,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  RunId,
  SessionId,
  TaskId,
  TimeMs,
  UserName,
} from "../src/core/ids.ts";
import { limitsDefault } from "../src/core/limits.ts";
import { snapshot, snapshotRecordTypes } from "../src/core/snapshot.ts";
import { formatVersion } from "../src/log/file/format.ts";
import { nodeDisk, openFileLog } from "../src/log/file/mod.ts";
import { encodeBackup, readFolder } from "../src/log/file/workshop/mod.ts";
import type { Log } from "../src/log/log.ts";

const root = fileURLToPath(new URL("../test/golden/", import.meta.url));
const folder = join(root, `format-${formatVersion}`);

/** 2026-01-01, in Unix ms; a second passes before each append. */
const beganAt = Date.UTC(2026, 0, 1);

const node = "golden" as NodeId;
const [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"] as const;
let lastRequest = 0;

function nextRequest(): RequestId {
  lastRequest += 1;
  return String(lastRequest) as RequestId;
}

function open(
  name: string,
  life: OpenSession["life"],
  origin: OpenSession["origin"] = {},
): Command {
  const session = name as SessionId;
  return {
    type: "open_session",
    node,
    session,
    request: nextRequest(),
    api: "golden",
    life,
    origin,
  };
}

interface Terms {
  readonly in?: string;
  readonly waitMs?: number;
  readonly leaseMs?: number;
  readonly key?: string;
  readonly outlivesSession?: true;
}

function acquire(name: string, claims: readonly Claim[], terms: Terms = {}): Command {
  const { in: namespace = "default", key, ...others } = terms;
  return {
    type: "acquire",
    session: name as SessionId,
    request: nextRequest(),
    namespace: namespace as Namespace,
    claims,
    ...others,
    ...(key !== undefined && { key: key as LockKey }),
  };
}

function keyed(key: string, ...path: readonly string[]) {
  const namespace = "default" as Namespace;
  return { type: "key", namespace, path, key: key as LockKey } as const;
}

function of(name: string): { readonly session: SessionId; readonly request: RequestId } {
  return { session: name as SessionId, request: nextRequest() };
}

function byOperator() {
  return { ...of("operator"), by: "root, process 1" };
}

function createToken(id: string, name: string): Command {
  const digest = createHash("sha256")
    .update(`hf_${id}_${"0".repeat(32)}`)
    .digest("hex");
  return { type: "create_api_token", ...byOperator(), token: id as ApiTokenId, name, digest };
}

function createUser(name: string): Command {
  return { type: "create_user", ...byOperator(), user: name as UserName, password: recordOf(name) };
}

function recordOf(name: string): string {
  return `$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$${Buffer.from(name).toString("base64url")}`;
}

function changeUser(name: string, change: UserChange): Command {
  return { type: "change_user", ...byOperator(), user: name as UserName, change };
}

function logIn(name: string, user: string): Command {
  const whose = { user: user as UserName, password: recordOf(user), isWhitelistStrict: false };
  return { type: "log_in", ...of(name), ...whose };
}

function push(
  name: string,
  task: string,
  path: string,
  { params = "null", ...terms }: Partial<Omit<PushTask, "params">> & { readonly params?: string },
): Command {
  return {
    type: "push_task",
    ...of(name),
    task: task as TaskId,
    path,
    method: "metoda",
    params: json(params),
    priority: 0,
    attempts: 5,
    timeoutMs: 1_000,
    user: "ключ.🔑",
    tags: json('{"@admin":true}'),
    ...terms,
  };
}

function pull(name: string, path: string): Command {
  return { type: "pull_task", ...of(name), path, timeoutMs: 3_600_000, user: "root" };
}

const json = (value: string) => value as JsonText;

const exclusive = (...path: readonly string[]): Claim => ({ mode: "exclusive", path });
const shared = (...path: readonly string[]): Claim => ({ mode: "shared", path });
const slot = (size: number, ...path: readonly string[]): Claim => ({ mode: "slot", path, size });

/** Appended one after the other. */
function history(): readonly (readonly Command[])[] {
  const start = (run: string): Command => {
    return { type: "start", node, run: run as RunId, restartGraceMs: 60_000 };
  };
  const origin = { address: "192.0.2.7", principal: "ci", name: "invoices/1.2 ☕" };
  return [
    [start("run-1"), { type: "set_limits", limits: limitsDefault }],
    [
      open(alice, { type: "connection", graceMs: 30_000, restartGraceMs: 10_000 }, origin),
      open(bob, { type: "connection", graceMs: 5_000 }),
      open(carol, { type: "idle", idleMs: 600_000 }, { address: "2001:db8::7" }),
    ],
    [acquire(alice, [exclusive("invoices", "2026"), shared("orders")])],
    [acquire(bob, [shared("orders")]), acquire(bob, [exclusive("orders")])],
    [acquire(carol, [exclusive("orders", "ключ", "🔒")], { waitMs: 3_000 })],
    [acquire(carol, [slot(2, "workers")], { leaseMs: 120_000, key: "key-1", waitMs: 0 })],
    [acquire(carol, [slot(2, "workers")], { leaseMs: 4_000, key: "key-2", waitMs: 0 })],
    [acquire(carol, [slot(3, "workers")], { waitMs: 0 })],
    [acquire(carol, [exclusive("reports")], { key: "key-3", outlivesSession: true })],
    [{ type: "renew", ...of(carol), target: keyed("key-1", "workers"), leaseMs: 60_000 }],
    [{ type: "tick" }, { type: "touch_session", ...of(carol) }],
    [acquire(alice, [exclusive()], { in: "blue" }), acquire(bob, [shared("a")], { in: "blue" })],
    [acquire(alice, [slot(1, "once")], { key: "key-4", waitMs: 0 })],
    [{ type: "release", ...of(bob), target: keyed("key-4", "once") }],
    [{ type: "release", ...of(alice), target: { type: "request", request: "4" as RequestId } }],
    [{ type: "detach_session", session: bob as SessionId }],
    [acquire(alice, [exclusive("letters")], { in: "green" })],
    [{ type: "advance", by: 2 ** 32 }],
    [start("run-2"), open(alice, { type: "connection", graceMs: 30_000 }, origin)],
    [acquire(alice, [exclusive("invoices", "2027")], { leaseMs: 500_000, key: "key-5" })],
    [{ type: "close_session", ...of(carol) }],
    [{ type: "collect", idleMs: 1_000 }],
    [acquire(alice, [exclusive('\0\u2028"\\', "__proto__")])],
    [acquire(alice, [slot(5, "idle")], { key: "key-6" })],
    [{ type: "release", ...of(alice), target: keyed("key-6", "idle") }],
    [
      open(bob, { type: "connection", graceMs: 5_000 }),
      open(carol, { type: "idle", idleMs: 60_000 }),
    ],
    [acquire(carol, [slot(2, "seats")], { leaseMs: 30_000, key: "key-7", waitMs: 0 })],
    [acquire(carol, [exclusive("letters", "old")], { in: "green", waitMs: 20_000 })],
    [acquire(carol, [shared("letters", "new")], { in: "green" })],
    [acquire(bob, [shared("minutes"), slot(4, "chairs")])],
    [acquire(alice, [exclusive("rota")], { key: "key-8" })],
    [acquire(carol, [exclusive("rota")])],
    [{ type: "release", ...of(alice), target: keyed("key-8", "rota") }],
    [open(dave, { type: "connection", graceMs: 0 }), acquire(dave, [exclusive("seized")])],
    [{ type: "revoke", ...byOperator(), token: (2 ** 32 + 16) as FencingToken }],
    [{ type: "kick_session", ...byOperator(), target: dave as SessionId }],
    [createToken("00000000000b", "ci"), createToken("00000000000a", "ключ 🔑")],
    [createToken("00000000000c", "web")],
    [{ type: "revoke_api_token", ...byOperator(), token: "00000000000b" as ApiTokenId }],
    [createUser("root"), createUser("staff"), createUser("ключ.🔑"), createUser("gone")],
    [
      changeUser("root", { type: "set_tags", prefix: ".", tags: [["@admin", json("true")]] }),
      changeUser("staff", {
        type: "set_tags",
        prefix: "a.b",
        tags: [
          ["__proto__", json('{"a":[1.0,9223372036854775808]}')],
          ["@sync.lock", json('"1"')],
          ["x", json("null")],
        ],
      }),
      changeUser("staff", { type: "delete_tags", prefix: "a.b", names: ["x"] }),
      changeUser("ключ.🔑", { type: "add", list: "templates", item: "staff" }),
      changeUser("ключ.🔑", { type: "add", list: "whitelist", item: "192.0.2.*" }),
      changeUser("ключ.🔑", { type: "add", list: "blacklist", item: "2001:db8::/32" }),
      changeUser("ключ.🔑", { type: "set_sessions_max", sessionsMax: 3 }),
      changeUser("staff", { type: "set_disabled", isDisabled: true }),
    ],
    [logIn(alice, "ключ.🔑"), logIn(carol, "root"), logIn(bob, "nobody")],
    [{ type: "reload_login", ...byOperator(), target: alice as SessionId }],
    [{ type: "delete_user", ...byOperator(), user: "gone" as UserName }],
    [
      {
        type: "rename_user",
        ...byOperator(),
        user: "staff" as UserName,
        newName: "staff.all" as UserName,
      },
    ],
    [{ type: "detach_session", session: bob as SessionId }],
    [
      push(alice, "task-1", "a.b.", { timeoutMs: 3_000, isDetached: true, priority: -1 }),
      push(alice, "task-2", "a.b.", { timeoutMs: 600_000, attempts: 2 }),
      push(alice, "task-3", "ключ.", { timeoutMs: 700_000, isDetached: true, priority: 3 }),
      push(alice, "task-4", ".", { timeoutMs: 800_000, params: '{"__proto__":[1e400,"\\u2028"]}' }),
      push(alice, "task-5", "a.", { timeoutMs: 800_000 }),
    ],
    [pull(carol, "a.b."), pull(carol, "ключ."), pull(carol, "a."), pull(carol, "a.b.c.")],
    [
      { type: "reject_task", ...of(carol), task: "task-2" as TaskId },
      {
        type: "finish_task",
        ...of("operator"),
        task: "task-4" as TaskId,
        isForced: true,
        result: { type: "error", code: -1, message: "no", data: json("[null]") },
      },
      { type: "cancel_task", ...of(alice), target: { type: "task", task: "task-5" as TaskId } },
    ],
    [push(alice, "task-6", "a.b.", { timeoutMs: 900_000, priority: 7, isDetached: true })],
  ];
}

async function write(): Promise<void> {
  const closed = join(folder, "closed");
  let at = beganAt;
  const log = await openFileLog({
    access: "owner",
    disk: nodeDisk,
    folder: closed,
    now: () => at as TimeMs,
    durability: "always",
    segmentBytes: 1500,
    growthBytes: 256,
    reserveBytes: 256,
  });
  const batches = history();
  for (const [place, commands] of batches.entries()) {
    at += 1_000;
    await log.append(commands);
    if (place === 8 || place === 17) await writeSnapshot(log, await replayed(closed));
  }
  cpSync(closed, join(folder, "torn"), { recursive: true });
  tear(join(folder, "torn"));
  await log.close();
  for (const kind of ["closed", "torn"]) rmSync(join(folder, kind, "owner.lock"));
  const state = await replayed(closed);
  writeFileSync(join(folder, "backup"), Buffer.concat([...encodeBackup(state)]));
  const records = [...snapshot(state)];
  const entries = await entriesIn(closed);
  writeLines(join(folder, "entries.jsonl"), entries);
  writeLines(join(folder, "state.jsonl"), records);
  assertAll(
    commandTypes,
    entries.map(({ command }) => command.type),
  );
  assertAll(
    snapshotRecordTypes,
    records.map(({ type }) => type),
  );
}

async function writeSnapshot(log: Log, state: State): Promise<void> {
  await log.writeSnapshot(state.index, snapshot(state));
}

async function entriesIn(path: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const batch of readFolder(nodeDisk, path, { from: 1 as LogIndex })) {
    entries.push(...batch);
  }
  return entries;
}

async function replayed(path: string): Promise<State> {
  const state = createState();
  for (const entry of await entriesIn(path)) apply(state, entry);
  return state;
}

/** Puts the begin of a record behind the last one, as a crash leaves it. */
function tear(path: string): void {
  const name = readdirSync(path).findLast((each) => each.endsWith(".hfl"));
  assert.ok(name !== undefined);
  const bytes = readFileSync(join(path, name));
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  bytes.copy(bytes, end, 40, 100);
  writeFileSync(join(path, name), bytes);
}

function writeLines(path: string, values: readonly unknown[]): void {
  writeFileSync(path, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
}

function assertAll(wanted: ReadonlySet<string>, found: readonly string[]): void {
  for (const type of wanted) assert.ok(found.includes(type), `nothing of the type ${type} in it`);
}

if (existsSync(folder)) {
  process.stderr.write(`${folder} is there already, and must stay as it is\n`);
  process.exitCode = 1;
} else {
  mkdirSync(folder, { recursive: true });
  await write();
  process.stdout.write(`${folder}\n`);
}
