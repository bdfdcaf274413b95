/** LDLM's service as its published file has it, read by a library that knows nothing of ours. */
import { fileURLToPath } from "node:url";
import type { MethodDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export type LdlmMethod = "Lock" | "TryLock" | "Unlock" | "Renew";

/** Fields by the names of the file, absent plain ones with what they mean then; codes are numbers. */
export interface LdlmMessage {
  readonly locked?: boolean;
  readonly unlocked?: boolean;
  readonly name: string;
  readonly key?: string;
  readonly error?: { readonly code: number; readonly message: string };
}

const file = fileURLToPath(new URL("../proto/ldlm.proto", import.meta.url));
const service = loadSync(file, { keepCase: true, defaults: true })[
  "ldlm.LDLM"
] as unknown as Readonly<Record<LdlmMethod, MethodDefinition<object, LdlmMessage>>>;

export function pathOf(method: LdlmMethod): string {
  return service[method].path;
}

export function requestBytes(method: LdlmMethod, fields: object): Buffer {
  return service[method].requestSerialize(fields);
}

export function readAnswer(method: LdlmMethod, bytes: Buffer): LdlmMessage {
  return service[method].responseDeserialize(bytes);
}
