/**
 * All that the log asks of a disk; tests put one that fails in its place. Errors are those of
 * `node:fs`, told apart by their `code`. What may take long is asynchronous; reading and writing
 * goes through the page cache and is not.
 */
export interface Disk {
  /** `create` makes an empty file, whatever was there; the others want a file that exists. */
  open(path: string, mode: "create" | "write" | "read"): DiskFile;
  /** The names of the files in the folder, in no order. */
  list(folder: string): Promise<readonly string[]>;
  /** Replaces what has the name `to`; survives a crash only after `syncFolder`. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing when there is no such file. */
  remove(path: string): Promise<void>;
  /** Makes the folder and those above it, durably. */
  makeFolder(folder: string): Promise<void>;
  /** Makes names durable: of files created, renamed and removed in the folder. */
  syncFolder(folder: string): Promise<void>;
  /** Throws `FolderInUse` while anybody has the lock; it ends with the process, however it ends. */
  lockFolder(folder: string): Promise<FolderLock>;
  /** Resolves in a later turn of the event loop: who reads or writes much lets others run. */
  turn(): Promise<void>;
}

export interface DiskFile {
  size(): number;
  /**
   * How many bytes were read: fewer than asked for only at the end of the file. Throws `ReadFailure`;
   * what was asked for before its offset has then been read.
   */
  read(into: Uint8Array, position: number): number;
  /** Writes all of it. After an error any part may have been written. */
  write(bytes: Uint8Array, position: number): void;
  truncate(size: number): void;
  /** Makes durable what was written before the call, through whichever handle (fdatasync). */
  sync(): Promise<void>;
  close(): void;
}

export interface FolderLock {
  release(): void;
}

/** Another log, of this process or another, owns the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
  readonly folder: string;

  constructor(folder: string, pid: number | undefined) {
    const owner = pid === undefined ? "another process" : `the process with pid ${pid}`;
    super(`${folder} is in use by ${owner}. A folder has one owner at a time.`);
    this.folder = folder;
  }
}
