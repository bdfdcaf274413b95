/** Makes a data folder as a case wants it. Takes the case as JSON on its command line; prints `{}`. */
import type { Command } from "../../src/core/command.ts";
import type {
  LockKey,
  Namespace,
  NodeId,
  RequestId,
  RunId,
  SessionId,
  TimeMs,
} from "../../src/core/ids.ts";
import { nodeDisk, openFileLog } from "../../src/log/file/mod.ts";
import { writeSnapshot } from "../../src/server/compact.ts";
import type { FolderCase } from "./case.ts";

/** Each holds as many locks. */
const sessionCount = 1_000;
const batchCommands = 1_000;
const node = "n1" as NodeId;
const dayMs = 24 * 3600 * 1000;

await make(JSON.parse(process.argv[2] ?? "") as FolderCase);
process.stdout.write("{}");

async function make({ folder, entries, locks, hasSnapshot }: FolderCase): Promise<void> {
  const now = () => Date.now() as TimeMs;
  const files = { disk: nodeDisk, folder, durability: "relaxed" } as const;
  const log = await openFileLog({ access: "owner", ...files, now });
  let batch: Command[] = [];
  for (const command of commandsOf(entries, locks)) {
    batch.push(command);
    if (batch.length < batchCommands) continue;
    await log.append(batch);
    batch = [];
  }
  await log.append(batch);
  if (hasSnapshot) await writeSnapshot(log, log.status().lastIndex);
  await log.close();
}

/** Sessions, then locks, which are given back at once or kept for a day. */
function* commandsOf(entries: number, locks: FolderCase["locks"]): Generator<Command> {
  yield { type: "start", node, run: "run-1" as RunId, restartGraceMs: 60_000 };
  for (let number = 0; number < sessionCount; number += 1) yield openSession(number);
  for (let count = sessionCount + 1; count < entries; ) {
    const acquire = acquireOf(count);
    yield acquire;
    count += 1;
    if (locks === "held") continue;
    yield releaseOf(acquire);
    count += 1;
  }
}

function openSession(number: number): Command {
  return {
    type: "open_session",
    node,
    session: sessionOf(number),
    request: `1.${(number + 1).toString(36)}` as RequestId,
    api: "ldlm",
    life: { type: "idle", idleMs: dayMs },
    origin: {},
  };
}

function sessionOf(number: number): SessionId {
  return `ldlm-${String(number % sessionCount).padStart(32, "0")}` as SessionId;
}

function acquireOf(number: number): Extract<Command, { type: "acquire" }> {
  return {
    type: "acquire",
    session: sessionOf(number),
    request: `1.${(number + 1).toString(36)}` as RequestId,
    namespace: "held" as Namespace,
    claims: [{ mode: "slot", path: [`invoices-${number}`], size: 1 }],
    waitMs: 0,
    leaseMs: dayMs,
    key: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}` as LockKey,
  };
}

function releaseOf({ session, request }: Extract<Command, { type: "acquire" }>): Command {
  const target = { type: "request", request } as const;
  return { type: "release", session, request: `2.${request}` as RequestId, target };
}
