import type { FileStorage } from "../machine/file-storage.ts";
import type { Host } from "../machine/host.ts";
import type { Fault, FaultKit } from "./faults.ts";

/** Faults of the disk of a machine, and crashes in the middle of its operations. */
export function diskFaults(
  { random, note, happened, untilCured, restartLater }: FaultKit,
  host: Host,
  storage: FileStorage,
): readonly Fault[] {
  return [
    () => crashAtOperation("kill"),
    () => crashAtOperation("power"),
    () => delaySyncs(random.pick([50, 400]), 3_000),
    () => delaySyncs(random.pick([2_000, 30_000]), 50),
    fill,
    makeReadOnly,
    failSync,
  ];

  function crashAtOperation(how: "kill" | "power"): void {
    const { disk } = storage;
    let left = random.below(20);
    const words = { kill: "the process will be killed", power: "the power will be cut" } as const;
    note(`${words[how]} at disk operation ${left + 1} from here`);
    disk.fault = () => {
      left -= 1;
      if (left >= 0 || storage.disk !== disk) return undefined;
      disk.fault = () => undefined;
      if (host.process.isDead && how === "kill") return undefined;
      happened(how === "kill" ? "kill -9" : "the power is cut");
      host.crash(how);
      restartLater(host);
      return undefined;
    };
  }

  function delaySyncs(ms: number, forMs: number): void {
    happened(`the disk needs ${ms} ms for a sync`);
    storage.syncDelayMs = ms;
    const run = () => {
      storage.syncDelayMs = 0;
    };
    untilCured([host.calm], { ms: forMs, words: "a sync that begins now is quick", run });
    const words = "no slow sync is under way any more";
    untilCured([host.calm], { ms: forMs + ms, words, run() {} });
  }

  function fill(): void {
    const { disk } = storage;
    const used = disk.names().reduce((sum, name) => sum + disk.bytesOf(name).length, 0);
    disk.capacityBytes = used + random.below(2_000);
    happened(`the disk is full at ${disk.capacityBytes} bytes`);
    const run = () => {
      disk.capacityBytes = Number.POSITIVE_INFINITY;
      storage.disk.capacityBytes = Number.POSITIVE_INFINITY;
    };
    const words = "the disk has room again";
    untilCured([host.calm], { ms: random.pick([200, 4_000]), words, run });
  }

  function makeReadOnly(): void {
    const { disk } = storage;
    happened("the disk is read-only");
    disk.isReadOnly = true;
    const run = () => {
      disk.isReadOnly = false;
      storage.disk.isReadOnly = false;
    };
    const words = "the disk can be written again";
    untilCured([host.calm], { ms: random.pick([200, 4_000]), words, run });
  }

  function failSync(): void {
    const { disk } = storage;
    happened("the next sync fails");
    disk.fault = (operation) => {
      if (operation !== "sync") return undefined;
      disk.fault = () => undefined;
      return Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
    };
    restartLater(host);
  }
}
