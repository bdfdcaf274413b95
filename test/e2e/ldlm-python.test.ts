/** LDLM over gRPC as clients speak it that are built on gRPC's C core: those of Python, Ruby, PHP, C++ and others. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startInProcess } from "../../testing/in-process-server.ts";
import { figuresAt } from "../../testing/live-server.ts";

/** Debian's, which has Debian's package of gRPC. */
const python = "/usr/bin/python3";
const program = fileURLToPath(new URL("../../testing/python/ldlm_client.py", import.meta.url));
const skip =
  spawnSync(python, ["-c", "import grpc"]).status !== 0 && "there is no Python with its grpc here";

const lease = ["x-holdfast-token", "x-holdfast-lease-ms", "x-holdfast-lease-until"];

test("a client in Python takes a lock, waits for it, and gives it back", { skip }, async () => {
  await using server = await startInProcess();
  const port = String(server.portOf("ldlm"));
  const { stdout } = await promisify(execFile)(python, [program, port], { timeout: 60_000 });
  const told = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(told, [
    { what: "taken", is: true, trailers: lease },
    { what: "tried", is: false, trailers: [] },
    { what: "given back", is: true, trailers: [] },
    { what: "waited for", is: true, trailers: ["x-holdfast-token"] },
    { what: "given back", is: true, trailers: [] },
    { what: "too late", is: false, trailers: [] },
  ]);
  const figures = () => figuresAt(server.portOf("main"));
  while ((await figures()).of("holdfast_sessions") > 0);
  assert.equal((await figures()).of("holdfast_locks_held"), 0);
});
