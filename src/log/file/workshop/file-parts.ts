import type { Disk } from "../disk.ts";

/** Yields the bytes of a file from one offset up to another. Throws when there are fewer. */
export function* readParts(
  disk: Disk,
  path: string,
  { from, until }: { readonly from: number; readonly until?: number },
): Generator<Buffer> {
  const file = disk.open(path, "read");
  try {
    const end = until ?? file.size();
    for (let offset = from; offset < end; offset += partBytes) {
      const part = Buffer.alloc(Math.min(partBytes, end - offset));
      if (file.read(part, offset) < part.length) throw new Error(`${path} became shorter`);
      yield part;
    }
  } finally {
    file.close();
  }
}

const partBytes = 1024 * 1024;
