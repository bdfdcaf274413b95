import assert from "node:assert/strict";
import { lock, release } from "../test/conformance/locktopus/connection.cases.ts";
import { openLdlmSession } from "./ldlm-session.ts";
import type { LiveServer } from "./live-server.ts";
import { connectLocktopus } from "./locktopus-peer.ts";

/**
 * What the process may take, whatever is thrown at it. It begins with about 100 MiB, and V8 is slow
 * to give back what it once had.
 */
const residentBytesMax = 400 * 1024 * 1024;

/**
 * Fails unless the server is as it was before: it serves clients of all its APIs, has no more memory
 * than it should, and gives the right answer where a polluted prototype would show.
 */
export async function assertUnharmed(server: LiveServer): Promise<void> {
  await Promise.all([servesLocktopus(server), servesLdlm(server), inheritsNothing(server)]);
  const figures = await server.figures();
  const residentBytes = figures.of("process_resident_memory_bytes");
  assert.ok(residentBytes < residentBytesMax, `${residentBytes} bytes of memory`);
}

async function servesLocktopus({ port }: LiveServer): Promise<void> {
  const peer = await connectLocktopus(port, "namespace=vital-signs&abandon-timeout-ms=0");
  peer.send(lock("write a/b", "read c"));
  const { id, state } = await peer.hear();
  assert.equal(state, "acquired");
  peer.send(release);
  assert.deepEqual(await peer.hear(), { id, action: "release", state: "ready" });
  peer.close();
  await peer.closed;
}

async function servesLdlm({ port }: LiveServer): Promise<void> {
  const session = await openLdlmSession(port);
  const { locked, key = "" } = await session.lock("vital-signs");
  assert.equal(locked, true);
  const unlocked = await session.unlock("vital-signs", key);
  assert.deepEqual(unlocked, { unlocked: true, name: "vital-signs" });
  await session.end();
}

/** Every field is missing; were one inherited, the answers would be others. */
async function inheritsNothing({ port }: LiveServer): Promise<void> {
  const peer = await connectLocktopus(port, "namespace=vital-signs&abandon-timeout-ms=0");
  peer.send("{}");
  assert.deepEqual(await peer.closed, { code: 3000, reason: "" });
  assert.deepEqual(peer.unheard, ["communication error: invalid action: "]);
  const session = await openLdlmSession(port);
  const { key, ...answer } = await session.lock("");
  const error = { code: "Unknown", message: "lock name cannot be empty" };
  assert.deepEqual(answer, { locked: false, name: "", error });
  await session.end();
}
