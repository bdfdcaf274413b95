export { FormatTooNew, LogDamage } from "./damage.ts";
export { type Disk, type DiskFile, type FolderLock, nodeDisk } from "./disk.ts";
export { FolderInUse } from "./folder-lock.ts";
export { checkFolder, type Finding, readFolder, type SegmentFinding } from "./inspect.ts";
export { type LogReader, type OwnerOptions, openFileLog, type ReaderOptions } from "./open.ts";
