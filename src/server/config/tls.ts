import type { Config } from "./schema.ts";

/**
 * Why these settings of TLS must not be used: what was meant to be guarded would be open. One
 * sentence for each, which also says what to do.
 */
export function tlsRefusals({ tls }: Pick<Config, "tls">): readonly string[] {
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
 * Only those come in who have a certificate of the operator's own authorities. The authorities that
 * Node trusts give one to anybody, so they keep nobody out.
 */
export function admitsKnownClientsOnly({ tls }: Pick<Config, "tls">): boolean {
  return tls.clientCa !== undefined;
}
