import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A wall clock which jumps when a test wants it to; the monotonic one is real. */
export interface WallClock {
  /** What a process must be started with to believe in this clock. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on it shows the real time and so many seconds more, or less. */
  set(offsetSeconds: number): void;
}

/** The library, as `faketime` itself loads it. */
function libraryPath(): string | undefined {
  const { stdout } = spawnSync("faketime", ["-f", "+0", "env"], { encoding: "utf8" });
  return /^LD_PRELOAD=(\S+)$/m.exec(stdout ?? "")?.[1];
}

/** Why there is no such clock here; `false` when there is. */
export function reasonForRealTime(): string | false {
  return libraryPath() === undefined ? "faketime is not installed" : false;
}

export function createWallClock(folder: string): WallClock {
  const file = join(folder, "wall-clock");
  const set = (offsetSeconds: number) => {
    writeFileSync(file, `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}\n`);
  };
  set(0);
  return {
    environment: {
      LD_PRELOAD: libraryPath() ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    },
    set,
  };
}
