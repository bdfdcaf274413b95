import type { LogIndex } from "../../core/ids.ts";
import type { SnapshotRecord } from "../../core/snapshot.ts";
import type { Snapshot } from "../log.ts";
import { LogDamage, ReadFailure } from "./damage.ts";
import type { Disk } from "./disk.ts";
import {
  type BlockHeader,
  blockChecksum,
  blockHeaderBytes,
  decodeBlockHeader,
  decodeSnapshotHeader,
  encodeBlock,
  encodeSnapshotHeader,
  snapshotHeaderBytes,
} from "./format.ts";
import { type Window, windowOver } from "./window.ts";

/** Records of the state in one block, at most. */
const blockRecords = 256;
/** UTF-16 code units of the records in one block; only a block with a single longer record is longer. */
const blockTextMax = 1024 * 1024;

/** The file, in parts. Takes the records as the caller takes the parts, and keeps no more than one block of them. */
export function* encodeSnapshot({ index, records }: Snapshot): Generator<Buffer> {
  yield encodeSnapshotHeader(index);
  let previous = 0;
  let total = 0;
  for (const { count, text } of blockTexts(records)) {
    const block = encodeBlock(count, text, previous);
    yield block;
    previous = block.readUInt32LE(0);
    total += count;
  }
  yield encodeBlock(0, String(total), previous);
}

interface BlockText {
  readonly count: number;
  readonly text: string;
}

/** The records as JSON, as many in each text as have room in a block. */
function* blockTexts(records: Iterable<SnapshotRecord>): Generator<BlockText> {
  let texts: string[] = [];
  let length = 0;
  for (const record of records) {
    const text = JSON.stringify(record);
    if (texts.length === blockRecords || (length > 0 && length + text.length > blockTextMax)) {
      yield { count: texts.length, text: `[${texts.join(",")}]` };
      texts = [];
      length = 0;
    }
    texts.push(text);
    length += text.length;
  }
  if (texts.length > 0) yield { count: texts.length, text: `[${texts.join(",")}]` };
}

export interface Block {
  readonly header: BlockHeader;
  /** Valid until the caller asks for the next block. */
  readonly payload: Buffer;
}

/**
 * Yields each verified block, including the end block. Throws `FormatTooNew`, and `LogDamage` also
 * where the disk cannot read.
 */
export function* readBlocks(disk: Disk, path: string, index: LogIndex): Generator<Block> {
  const file = disk.open(path, "read");
  try {
    const window = windowOver(file);
    const header = decodeSnapshotHeader(window.view(0, snapshotHeaderBytes), path);
    if (header.index !== index) throw damage(path, 0, "the index is not that of the name");
    let offset = snapshotHeaderBytes;
    let previous = 0;
    let total = 0;
    for (let isEnd = false; !isEnd; ) {
      const { bytes, ...block } = blockAt(path, offset, window, previous);
      offset += bytes;
      total += block.header.count;
      previous = block.header.checksum;
      isEnd = block.header.count === 0;
      if (isEnd) checkEnd(path, offset, file.size(), block, total);
      yield block;
    }
  } catch (error) {
    throw error instanceof ReadFailure ? new LogDamage(error) : error;
  } finally {
    file.close();
  }
}

function blockAt(
  path: string,
  offset: number,
  window: Window,
  previous: number,
): Block & { readonly bytes: number } {
  const head = window.view(offset, blockHeaderBytes);
  if (head.length < blockHeaderBytes) throw damage(path, offset, "the end is missing");
  const header = decodeBlockHeader(head);
  const bytes = blockHeaderBytes + header.payloadBytes;
  const block = window.view(offset, bytes);
  if (block.length < bytes || blockChecksum(block, previous) !== header.checksum) {
    throw damage(path, offset, "the block is not whole, or not the one that belongs here");
  }
  return { header, payload: block.subarray(blockHeaderBytes), bytes };
}

function checkEnd(path: string, end: number, size: number, block: Block, total: number): void {
  if (block.payload.toString() !== String(total)) {
    throw damage(path, end, `there are ${total} records, not ${block.payload}`);
  }
  if (end !== size) throw damage(path, end, "something follows the end");
}

function damage(file: string, offset: number, explanation: string): LogDamage {
  return new LogDamage({ file, offset, explanation });
}
