import type { Advance } from "../../../core/command.ts";
import type { TimeMs } from "../../../core/ids.ts";
import { advanceMax } from "../../../core/limits.ts";
import { encodeRecord } from "../format.ts";
import { type Position, positionAfter } from "../walk.ts";

/**
 * How far a log goes on that lacks what came after `at`. Nobody knows how much that was, but it took
 * place between then and now; and what an earlier restore of the same backup has given out since, too.
 * No server commits more than a million entries a second (docs/decisions/0007), and the fixed part
 * makes up for a clock that is behind.
 */
export function advanceSince(at: TimeMs, now: TimeMs): Advance {
  const by = fixedGap + Math.max(0, now - at) * entriesPerMsMax;
  return { type: "advance", by: Math.min(by, advanceMax) };
}

export const fixedGap = 2 ** 32;
export const entriesPerMsMax = 1000;

/**
 * The records that stand at `offset` of a segment whose log has come to `position`: the advance, and one
 * that vouches for it. Its time is that of the entry before, so that nothing ends by it: who holds what
 * has the grace of the next start.
 */
export function advanceRecords(position: Position, offset: number, advance: Advance): Buffer {
  const first = recordAfter(position, offset, [advance]);
  const seal = recordAfter(first.position, offset + first.bytes.length, []);
  return Buffer.concat([first.bytes, seal.bytes]);
}

function recordAfter(
  { lastIndex, lastAt, checksum: previous }: Position,
  offset: number,
  commands: readonly Advance[],
): { readonly bytes: Buffer; readonly position: Position } {
  const payload = JSON.stringify(commands);
  const firstIndex = (lastIndex + 1) as Position["lastIndex"];
  // All before it is on the disk: the file gets its name when it is whole.
  const content = { previous, count: commands.length, firstIndex, at: lastAt, durableEnd: offset };
  const { bytes, checksum } = encodeRecord(content, payload);
  const position = positionAfter({ ...content, checksum, payloadBytes: payload.length });
  return { bytes, position };
}
