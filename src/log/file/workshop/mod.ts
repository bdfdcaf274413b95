/**
 * The workshop: the work of operators on the files of a log, with or without a running server. It
 * uses files of the running log, and the running log uses none of it.
 */
export {
  type Backup,
  BackupDamage,
  type BackupSummary,
  encodeBackup,
  FileExists,
  readBackup,
  summaryOf,
  writeBackup,
} from "./backup.ts";
export { checkFolder } from "./check.ts";
export type { Finding } from "./finding.ts";
export { readFolder, stateInFolder } from "./folder-contents.ts";
export { type Loss, readLosses } from "./losses.ts";
export { carryOut } from "./repair.ts";
export {
  hasLog,
  planRepair,
  type Repair,
  type RepairPlan,
  type RepairStep,
} from "./repair-plan.ts";
export { FolderHasLog, restoreFolder } from "./restore.ts";
