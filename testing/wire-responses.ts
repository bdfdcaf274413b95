import assert from "node:assert/strict";

/** An HTTP response as it was on the wire, one character per byte. */
export interface WireResponse {
  readonly status: number;
  /** By name in lower case; those that come more than once are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface WireResponses {
  readonly responses: readonly WireResponse[];
  /** What came behind them. */
  readonly rest: string;
}

/** The whole responses to these methods at the beginning of what was received, fewer while it is not enough. */
export function readResponses(received: string, methods: readonly string[]): WireResponses {
  const responses: WireResponse[] = [];
  let rest = received;
  for (const method of methods) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) break;
    const { status, headers } = readHead(rest.slice(0, headEnd));
    const bodyStart = headEnd + 4;
    const bodyEnd = bodyStart + bodyBytes(status, headers, method);
    if (rest.length < bodyEnd) break;
    responses.push({ status, headers, body: rest.slice(bodyStart, bodyEnd) });
    rest = rest.slice(bodyEnd);
  }
  return { responses, rest };
}

function readHead(head: string): Pick<WireResponse, "status" | "headers"> {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1];
  assert.ok(status !== undefined, `no status line: ${statusLine}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*(.*?)[ \t]*$/s.exec(line) ?? [];
    assert.notEqual(name, "", `no header: ${line}`);
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers };
}

/** RFC 9112, section 6.3; our answers always say how long they are. */
function bodyBytes(status: number, headers: WireResponse["headers"], method: string): number {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return 0;
  const length = headers.get("content-length");
  assert.ok(length !== undefined, "an answer without Content-Length");
  return Number(length);
}
