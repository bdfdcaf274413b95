import type { Advance } from "../../../core/command.ts";
import type { TimeMs } from "../../../core/ids.ts";
import { advanceMax } from "../../../core/limits.ts";
import { encodeRecord } from "../format.ts";
import { type Position, positionAfter } from "../walk.ts";

/**
 * The advance of a log that lost everything after `at`. The lost entries, and those that an earlier
 * restore of the same backup has added, were committed between `at` and `now`. No server commits
 * more than a million entries a second (docs/decisions/0007), and the fixed part makes up for a
 * clock that runs behind.
 */
export function advanceSince(at: TimeMs, now: TimeMs): Advance {
  const by = fixedGap + Math.max(0, now - at) * entriesPerMsMax;
  return { type: "advance", by: Math.min(by, advanceMax) };
}

export const fixedGap = 2 ** 32;
export const entriesPerMsMax = 1000;

/**
 * The records that continue a log at `position` with an advance, written at `offset` of a segment:
 * the advance itself, and an empty record that vouches for it. They have the time of the entry
 * before, so that no lease ends by them; holders get the grace of the next start.
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
  // Everything before it is on disk, because the file gets its name only when it is complete.
  const content = { previous, count: commands.length, firstIndex, at: lastAt, durableEnd: offset };
  const { bytes, checksum } = encodeRecord(content, payload);
  const position = positionAfter({ ...content, checksum, payloadBytes: payload.length });
  return { bytes, position };
}
