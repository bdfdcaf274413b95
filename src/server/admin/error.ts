/** The reason why the server did not carry out an operator's request: one sentence, without a full stop. */
export class AdminError extends Error {
  override readonly name = "AdminError";
  /** HTTP status (RFC 9110, section 15). */
  readonly status: number;
  readonly code: AdminErrorCode;
  /** Further members of the JSON beside code and message. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: AdminErrorCode,
    message: string,
    facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.facts = facts;
  }
}

export type AdminErrorCode =
  | "bad_request"
  | "too_large"
  | "unknown_path"
  | "wrong_method"
  /** No lock by that name, no session by that id, or no API token by either. */
  | "not_found"
  /** The lock exists, and nobody holds it. */
  | "not_held"
  /** A session holds it, but with another key. */
  | "wrong_key"
  /** A session holds it, but with another token. */
  | "wrong_token"
  /** The request fits several holders, listed in `holders`. */
  | "several_holders"
  /** Another API token has the name. */
  | "already_exists"
  /** The maximum number of tokens exists, or the name is too long. */
  | "limit_exceeded"
  /** The log refused the command or did not answer; the operator may try again. */
  | "unavailable";
