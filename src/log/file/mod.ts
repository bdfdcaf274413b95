export { advanceSince, entriesPerMsMax, fixedGap } from "./advance.ts";
export {
  type Backup,
  BackupDamage,
  type BackupSummary,
  encodeBackup,
  FileExists,
  readBackup,
  stateInFolder,
  summaryOf,
  writeBackup,
} from "./backup.ts";
export { ContentTooNew, FormatTooNew, LogDamage } from "./damage.ts";
export { type Disk, type DiskFile, FolderInUse, type FolderLock } from "./disk.ts";
export { checkFolder, type Finding, readFolder, type SegmentFinding } from "./inspect.ts";
export { type Loss, readLosses } from "./losses.ts";
export { nodeDisk } from "./node-disk.ts";
export { type LogReader, type OwnerOptions, openFileLog, type ReaderOptions } from "./open.ts";
export type { FileLog, FileLogStatus } from "./owner.ts";
export { carryOut } from "./repair.ts";
export {
  hasLog,
  type LostPart,
  planRepair,
  type Repair,
  type RepairPlan,
  type RepairStep,
} from "./repair-plan.ts";
export { FolderHasLog, restoreFolder } from "./restore.ts";
export { removeUnfinishedSnapshot } from "./unfinished-snapshot.ts";
