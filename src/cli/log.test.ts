import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import type { Entry } from "../core/command.ts";
import type { LogIndex, NodeId, RunId, SessionId, TimeMs } from "../core/ids.ts";
import { nodeDisk, openFileLog } from "../log/file/mod.ts";
import { entryLine, findingLine } from "./log.ts";

const index = (value: number) => value as LogIndex;
const at = (value: number) => value as TimeMs;
const file = "/data/log-0000000000000001.hfl";

const cases: readonly (readonly [string, Parameters<typeof findingLine>[0]])[] = [
  [
    "snapshot  snapshot-0000000000000007.hfs  the state at entry 7: records 3, bytes 120",
    {
      type: "snapshot",
      file: "/data/snapshot-0000000000000007.hfs",
      index: index(7),
      records: 3,
      bytes: 120,
    },
  ],
  [
    "segment   log-0000000000000001.hfl  entries 1 to 9, 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:01.000Z: records 4, bytes 500",
    {
      type: "segment",
      file,
      firstIndex: index(1),
      lastIndex: index(9),
      entries: 9,
      records: 4,
      times: { first: at(0), last: at(1_000) },
      bytes: 500,
    },
  ],
  [
    "segment   log-0000000000000001.hfl  empty, to begin with entry 1",
    {
      type: "segment",
      file,
      firstIndex: index(1),
      lastIndex: index(0),
      entries: 0,
      records: 0,
      bytes: 64,
    },
  ],
  [
    "torn      log-0000000000000001.hfl  byte 400: the record is not whole; never acknowledged, the next start cuts off its 20 bytes",
    { type: "torn", file, offset: 400, bytes: 20, explanation: "the record is not whole" },
  ],
  [
    "problem   log-0000000000000001.hfl  byte 64: the checksum is wrong",
    { type: "problem", file, offset: 64, explanation: "the checksum is wrong" },
  ],
];

for (const [line, finding] of cases) {
  test(`a finding of the type ${finding.type} reads: ${line}`, () => {
    assert.equal(findingLine(finding), line);
  });
}

test("an entry is one line with its index, time and command", () => {
  const entry: Entry = {
    index: index(3),
    at: at(1_700_000_000_000),
    command: { type: "collect", idleMs: 5 },
  };
  assert.equal(entryLine(entry), '3 2023-11-14T22:13:20.000Z collect {"idleMs":5}');
  const start: Entry = {
    index: index(1),
    at: at(0),
    command: {
      type: "start",
      node: "a\nb" as NodeId,
      run: "c\nd" as RunId,
      restartGraceMs: 1,
    },
  };
  assert.equal(entryLine(start).split("\n").length, 1);
});

test("no name in an entry moves the cursor", () => {
  const session = "a\u009b2J\u202e" as SessionId;
  const entry: Entry = { index: index(3), at: at(0), command: { type: "detach_session", session } };
  const line = '3 1970-01-01T00:00:00.000Z detach_session {"session":"a\\u009b2J\\u202e"}';
  assert.equal(entryLine(entry), line);
});

test("log cat fails with one line when the disk takes nothing", {
  skip: !existsSync("/dev/full") && "there is no /dev/full",
}, async () => {
  using folder = createTemporaryFolder();
  const data = join(folder.path, "data");
  const now = () => at(5000);
  const options = { access: "owner", disk: nodeDisk, durability: "always" } as const;
  const log = await openFileLog({ ...options, folder: data, now });
  await log.append([{ type: "tick" }]);
  await log.close();
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const argv = ["-c", '"$0" "$@" > /dev/full', process.execPath, main, "log", "cat", data];
  const { status, stderr } = spawnSync("sh", argv, { encoding: "utf8" });
  assert.match(stderr, /^holdfast: ENOSPC: [^\n]+\n$/);
  assert.equal(status, 1);
});
