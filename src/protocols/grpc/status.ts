/** Status codes of calls; https://grpc.io/docs/guides/status-codes/. */
export const statusCodes = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
} as const;

export type StatusCode = (typeof statusCodes)[keyof typeof statusCodes];

/** The status with which a call ends. */
export interface CallStatus {
  readonly code: StatusCode;
  /** For a person; empty for `ok`. */
  readonly message: string;
}

export const callDone: CallStatus = { code: statusCodes.ok, message: "" };

/** UTF-16 code units of a message, which may quote a path or a header of the client. */
const messageLengthMax = 256;

export function callFailed(name: keyof typeof statusCodes, message: string): CallStatus {
  const isCut = message.length > messageLengthMax;
  return {
    code: statusCodes[name],
    message: isCut ? `${message.slice(0, messageLengthMax)}…` : message,
  };
}

/**
 * The value of `grpc-message`: UTF-8, percent-encoded except for visible ASCII without the percent
 * sign; https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Responses".
 */
export function statusMessage(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let encoded = "";
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : percent(byte);
  }
  return encoded;
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
