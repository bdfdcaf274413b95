/** The log in files, for its server and its readers. */
export { ContentTooNew, FormatTooNew, LogDamage } from "./damage.ts";
export { type Disk, type DiskFile, FolderInUse, type FolderLock } from "./disk.ts";
export { hasCode } from "./error-code.ts";
export { othersAmong } from "./names.ts";
export { nodeDisk } from "./node-disk.ts";
export {
  type LogReader,
  NoLog,
  type OwnerOptions,
  openFileLog,
  type ReaderOptions,
} from "./open.ts";
export type { FileLog } from "./owner.ts";
export { removeUnfinishedSnapshot } from "./unfinished-snapshot.ts";
