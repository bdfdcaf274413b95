import type { Config } from "./schema.ts";

/**
 * Reasons why the server must not use these TLS settings: something that they should guard would be open.
 * Each is one sentence that also says how to fix it.
 */
export function tlsProblems({ tls }: Pick<Config, "tls">): readonly string[] {
  const { cert, key, clientCa, clientCertVerify } = tls;
  if (cert !== undefined) {
    return key === undefined ? ["tls.cert: a certificate needs its key; set tls.key, too"] : [];
  }
  return [
    ...(key === undefined
      ? []
      : ["tls.key: with a key alone every port would speak clear text; set tls.cert, too"]),
    ...(clientCa === undefined ? [] : [`tls.clientCa: ${serverTlsRequired}`]),
    ...(clientCertVerify ? [`tls.clientCertVerify: ${serverTlsRequired}`] : []),
  ];
}

const serverTlsRequired =
  "server TLS is required to verify client certificates; set tls.cert and tls.key";

/**
 * Whether the server admits only clients with a certificate of the operator's own authorities. The
 * authorities that Node trusts issue certificates to anybody, so they keep nobody out.
 */
export function admitsKnownClientsOnly({ tls }: Pick<Config, "tls">): boolean {
  return tls.clientCa !== undefined;
}
