import type { X509Certificate } from "node:crypto";
import type { Logger } from "pino";
import { type Config, ConfigError, tlsProblems } from "../config.ts";
import { type Credentials, CredentialsError, readCredentials } from "./credentials.ts";
import { createHandshakes, type Handshakes } from "./handshakes.ts";

export type { Handshakes } from "./handshakes.ts";

/** TLS of all ports of a server. They share one certificate, which can change while they are open. */
export interface Tls {
  /** `undefined`: every port serves clear text. */
  readonly handshakes: Handshakes | undefined;
  /**
   * Reads the files again, for new connections, and logs the result. If it cannot use them, the current
   * certificate stays.
   */
  reload(): void;
  /** End of the current certificate's validity, in Unix ms. */
  certificateEndsAtMs(): number | undefined;
}

export interface TlsOptions {
  readonly logger: Logger;
  /** Unix time in ms. */
  wallNowMs(): number;
}

/** Throws `ConfigError` and `CredentialsError`. */
export function openTls(config: Config, options: TlsOptions): Tls {
  const problems = tlsProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
  const { cert, key } = config.tls;
  if (cert === undefined || key === undefined) return clearText(options);
  return speakTls({ ...config.tls, cert, key }, options);
}

function clearText({ logger }: TlsOptions): Tls {
  return {
    handshakes: undefined,
    reload: () => logger.info("there is nothing to reload without TLS"),
    certificateEndsAtMs: () => undefined,
  };
}

type TlsSettings = Config["tls"] & { readonly cert: string; readonly key: string };

function speakTls(settings: TlsSettings, { logger, wallNowMs }: TlsOptions): Tls {
  const { minVersion, clientCa, clientCertVerify } = settings;
  let inUse = readCredentials(settings);
  const needsClientCertificate = clientCa !== undefined || clientCertVerify;
  const handshakes = createHandshakes({ ...inUse.context, minVersion }, { needsClientCertificate });

  function log({ certificate }: Credentials): void {
    const { subjectAltName, fingerprint256 } = certificate;
    const facts = {
      cert: settings.cert,
      names: subjectAltName,
      fingerprint256,
      ...spanOf(certificate),
    };
    logger.info({ ...facts, needsClientCertificate }, "TLS certificate in use");
    const warning = warningOf(certificate, wallNowMs());
    if (warning !== undefined) logger.warn(facts, warning);
  }

  log(inUse);
  return {
    handshakes,
    reload() {
      try {
        inUse = readCredentials(settings);
      } catch (err) {
        if (!(err instanceof CredentialsError)) throw err;
        logger.error({ err }, "the TLS files cannot be used; the certificate in use stays");
        return;
      }
      handshakes.use({ ...inUse.context, minVersion });
      log(inUse);
    },
    certificateEndsAtMs: () => Date.parse(inUse.certificate.validTo),
  };
}

function spanOf({ validFrom, validTo }: X509Certificate) {
  return { from: new Date(validFrom).toISOString(), until: new Date(validTo).toISOString() };
}

/** Long enough to find and fix a failed renewal. */
const warningMs = 14 * 24 * 3600 * 1000;

function warningOf({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined {
  const leftMs = Date.parse(validTo) - nowMs;
  if (leftMs <= 0) return "the TLS certificate has ended; clients that look will not connect";
  if (leftMs <= warningMs) return "the TLS certificate ends soon";
  if (Date.parse(validFrom) > nowMs) return "the TLS certificate does not count yet";
  return undefined;
}
