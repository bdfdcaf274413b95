import assert from "node:assert/strict";
import type { Ended } from "./holdfast-process.ts";
import type { LiveServer } from "./live-server.ts";

/** Asks for the metrics again and again, until this one is so; returns its value. */
export async function untilFigure(
  server: Pick<LiveServer, "figures">,
  name: string,
  isSo: (value: number) => boolean,
): Promise<number> {
  for (;;) {
    const value = (await server.figures()).of(name);
    if (isSo(value)) return value;
  }
}

/** What a page for operators says, and the status that it says it with. */
export interface Page {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function pageOf(port: number, path: "/healthz" | "/readyz"): Promise<Page> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  const body = (await response.json()) as Page["body"];
  return { code: response.status, body };
}

/** What a command for operators lists: the fields of each line but the first, which is the heading. */
export async function rowsOf(listing: Promise<Ended>): Promise<readonly (readonly string[])[]> {
  const { status, stdout, stderr } = await listing;
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  return lines.slice(1).map((line) => line.split(/ {2,}/));
}
