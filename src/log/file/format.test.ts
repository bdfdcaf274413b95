import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { range } from "../../../testing/log-entries.ts";
import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { FormatTooNew, LogDamage } from "./damage.ts";
import {
  decodeSegmentHeader,
  decodeSnapshotHeader,
  encodeSegmentHeader,
  encodeSnapshotHeader,
  formatVersion,
} from "./format.ts";

const index = 7 as LogIndex;
const segmentHeader = encodeSegmentHeader({ firstIndex: index, previous: 9, at: 1000 as TimeMs });

const headers = [
  { kind: "segment", header: segmentHeader, decode: decodeSegmentHeader },
  { kind: "snapshot", header: encodeSnapshotHeader(index), decode: decodeSnapshotHeader },
] as const;

for (const { kind, header, decode } of headers) {
  const decoding = (bytes: Buffer) => () => decode(bytes, "/log/file");

  test(`any flipped bit in the header of a ${kind} is damage, and no newer format`, () => {
    for (const bit of range(0, header.length * 8 - 1)) {
      const flipped = Buffer.from(header);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.throws(decoding(flipped), LogDamage, `bit ${bit}`);
    }
  });

  test(`a ${kind} of a newer format is no damage, whatever the layout of its header`, () => {
    const sameLayout = ofVersion(header, formatVersion + 1);
    sameLayout.writeUInt32LE(crc32(sameLayout.subarray(16), crc32(sameLayout.subarray(0, 12))), 12);
    const otherLayout = ofVersion(header, formatVersion + 1).fill(0x55, 12);
    for (const bytes of [sameLayout, otherLayout]) assert.throws(decoding(bytes), FormatTooNew);
  });
}

function ofVersion(header: Buffer, version: number): Buffer {
  const bytes = Buffer.from(header);
  bytes.writeUInt32LE(version, 8);
  return bytes;
}
