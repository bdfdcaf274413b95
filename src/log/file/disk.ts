/**
 * The disk as the log uses it; tests replace it with one that fails. Errors are those of `node:fs`,
 * with its codes. Slow operations are asynchronous; reads and writes go through the page cache and
 * are not.
 */
export interface Disk {
  /** `create` makes an empty file, or empties an existing one; the other modes need a file. */
  open(path: string, mode: "create" | "write" | "read"): DiskFile;
  /** The names of the files in the folder, in no particular order. */
  list(folder: string): Promise<readonly string[]>;
  /** Replaces a file with the name `to`. Survives a crash only after `syncFolder`. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing when the file does not exist. */
  remove(path: string): Promise<void>;
  /** Makes the folder and its parents durably. */
  makeFolder(folder: string): Promise<void>;
  /** Makes the names of files durable that were created, renamed or removed in the folder. */
  syncFolder(folder: string): Promise<void>;
  /** Throws `FolderInUse` while another log has the lock. A lock ends with its process. */
  lockFolder(folder: string): Promise<FolderLock>;
  /** Resolves in a later turn of the event loop, so that long reads and writes let others run. */
  turn(): Promise<void>;
}

export interface DiskFile {
  size(): number;
  /**
   * Returns the number of bytes read, which is lower than requested only at the end of the file.
   * Throws `ReadFailure`; the bytes before its offset have then been read.
   */
  read(into: Uint8Array, position: number): number;
  /** Writes all bytes. After an error the file may have any part of them. */
  write(bytes: Uint8Array, position: number): void;
  truncate(size: number): void;
  /** Makes everything durable that was written before the call, through any handle (fdatasync). */
  sync(): Promise<void>;
  close(): void;
}

export interface FolderLock {
  release(): void;
}

/** Another log owns the folder, in this process or in another one. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
  readonly folder: string;

  constructor(folder: string, pid: number | undefined) {
    const owner = pid === undefined ? "another process" : `the process with pid ${pid}`;
    super(`${folder} is in use by ${owner}. A folder has one owner at a time.`);
    this.folder = folder;
  }
}
