import { batchBounds, type FileStatus, type LogStatus } from "../../log/log.ts";
import { counter, gauge, histogram, type Metric } from "./metric.ts";

export function* logMetrics(log: () => LogStatus): Iterable<Metric> {
  const ofFiles = (figure: Exclude<keyof FileStatus, "isNew">) => log().files?.[figure] ?? 0;
  yield gauge("holdfast_log_last_index", "Entries ever written.", () => log().lastIndex);
  yield gauge("holdfast_log_bytes", "Size of the log.", () => ofFiles("logBytes"));
  yield gauge("holdfast_log_pending_bytes", "Waiting to be written.", () => log().pendingBytes);
  yield gauge("holdfast_log_full", "1 while the disk is full.", () => Number(log().isFull));
  yield gauge("holdfast_log_torn_bytes", "Cut off at the start.", () => ofFiles("tornBytes"));
  yield gauge("holdfast_snapshot_bytes", "Size of the snapshots.", () => ofFiles("snapshotBytes"));
  yield gauge("holdfast_snapshot_index", "The newest snapshot.", () => log().snapshotIndex);
  yield counter(
    "holdfast_log_appends_total",
    "Appends, each of all commands of a turn.",
    () => log().appendsTotal,
  );
  yield counter("holdfast_log_fsyncs_total", "Syncs of the log.", () => ofFiles("fsyncsTotal"));
  yield counter("holdfast_log_fsync_seconds_total", "Time spent in syncs.", () =>
    ofFiles("fsyncSecondsTotal"),
  );
  yield {
    name: "holdfast_log_durability",
    help: "1 for the durability in force.",
    type: "gauge",
    *values() {
      yield { value: 1, labels: { durability: log().durability } };
    },
  };
  const name = "holdfast_log_batch_commands";
  const openedAt = log().lastIndex;
  yield {
    name,
    help: "Commands per committed batch.",
    type: "histogram",
    *values() {
      const { batches, lastIndex } = log();
      yield* histogram(name, {}, batchBounds, batches, lastIndex - openedAt);
    },
  };
}
