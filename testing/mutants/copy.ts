import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { project, type Source } from "./source.ts";

/** The parts of the project that a check needs. */
const copied = ["src", "testing", "test", "proto", "package.json", "tsconfig.json"] as const;

/** Makes a copy of the project for as long as it is in use, and no longer than this process lives. */
export async function inCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-mutant-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    for (const part of copied) {
      cpSync(join(project, part), join(folder, part), { recursive: true, filter: isOurs });
    }
    symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
    return await use(folder);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function isOurs(path: string): boolean {
  return basename(path) !== "node_modules";
}

export function write(folder: string, source: Source): void {
  for (const [path, text] of source) writeFileSync(join(folder, path), text);
}
