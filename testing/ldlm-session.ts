import assert from "node:assert/strict";

/** docs/protocols/ldlm.md, section 4.1. */
export interface LdlmAnswer {
  readonly locked?: boolean;
  readonly unlocked?: boolean;
  readonly name: string;
  readonly key?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A session over REST. Calls reject when the server is gone, and when it does not answer with 200. */
export interface LdlmSession {
  lock(name: string, fields?: Readonly<Record<string, number>>): Promise<LdlmAnswer>;
  unlock(name: string, key: string): Promise<LdlmAnswer>;
  renew(name: string, key: string, leaseSeconds: number): Promise<LdlmAnswer>;
  end(): Promise<void>;
  /** The same session, by its cookie, at another port. */
  at(port: number): LdlmSession;
}

export async function openLdlmSession(port: number): Promise<LdlmSession> {
  const response = await fetch(`http://127.0.0.1:${port}/session`, { method: "POST" });
  assert.equal(response.status, 201);
  await response.bytes();
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  assert.ok(cookie !== undefined);
  return sessionOf(cookie, port);
}

function sessionOf(cookie: string, port: number): LdlmSession {
  async function ask(method: string, path: string, fields?: object): Promise<LdlmAnswer> {
    const body = fields && JSON.stringify(fields);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { cookie },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text);
  }
  return {
    lock: (name, fields) => ask("POST", "/v1/lock", { name, ...fields }),
    unlock: (name, key) => ask("POST", "/v1/unlock", { name, key }),
    renew: (name, key, leaseSeconds) =>
      ask("POST", "/v1/renew", { name, key, lock_timeout_seconds: leaseSeconds }),
    end: async () => void (await ask("DELETE", "/session")),
    at: (other) => sessionOf(cookie, other),
  };
}
