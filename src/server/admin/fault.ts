/** Why an operator's request is not done. The message is one sentence for a person, without full stop. */
export class AdminFault extends Error {
  override readonly name = "AdminFault";
  /** Of HTTP (RFC 9110, section 15). */
  readonly status: number;
  readonly code: AdminFaultCode;
  /** What else belongs to it, for the JSON beside code and message. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: AdminFaultCode,
    message: string,
    facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.facts = facts;
  }
}

export type AdminFaultCode =
  | "bad_request"
  | "too_large"
  | "unknown_path"
  | "wrong_method"
  /** No lock of that name, no session of that id, or no API token of either. */
  | "not_found"
  /** The name is known, and nobody holds it. */
  | "not_held"
  /** Somebody holds it, but not with this key. */
  | "wrong_key"
  /** Somebody holds it, but not with this token. */
  | "wrong_token"
  /** Which of them is meant? They are in `holders`. */
  | "several_holders"
  /** An API token has the name already. */
  | "already_exists"
  /** There are as many as there may be, or the name is too long. */
  | "limit_exceeded"
  /** The log does not take it, or does not answer; it may be tried again. */
  | "unavailable";
