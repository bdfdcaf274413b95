import type { RawClient } from "./loopback.ts";

/**
 * The ways in which the same bytes reach a server: one write for each message, one for each byte, or
 * one for all that need not wait for an answer. What is answered must not depend on it.
 */
export const feedings = ["whole", "byte by byte", "glued"] as const;
export type Feeding = (typeof feedings)[number];

/** More writes than this teach nothing new; a long message goes in pieces instead of bytes. */
const writesMax = 2000;

export async function feed(
  client: RawClient,
  messages: readonly Uint8Array[],
  feeding: Feeding,
): Promise<void> {
  if (feeding === "glued") client.send(Buffer.concat(messages));
  if (feeding === "whole") for (const message of messages) client.send(message);
  if (feeding === "byte by byte") await feedPieces(client, Buffer.concat(messages));
}

async function feedPieces(client: RawClient, bytes: Buffer): Promise<void> {
  const pieceBytes = Math.ceil(bytes.length / writesMax);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    client.send(bytes.subarray(at, at + pieceBytes));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
