import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { type Authority, createAuthority, type Identity } from "./certificates.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";

/** What a server with TLS is started with, in a folder of its own, and what its clients need. */
export interface TlsFiles extends Disposable {
  readonly folder: string;
  readonly authority: Authority;
  readonly paths: {
    readonly cert: string;
    readonly key: string;
    /** The certificate of the authority. */
    readonly ca: string;
  };
  /** The settings, by the names of their flags. */
  readonly flags: Readonly<Record<string, string>>;
  /** The same as on a command line. */
  readonly argv: readonly string[];
  readonly client: ConnectionOptions;
  /** Puts another certificate and its key in their place. */
  replace(identity: Identity): void;
}

export function createTlsFiles(identity?: Identity): TlsFiles {
  const folder = createTemporaryFolder();
  const authority = createAuthority("authority");
  const paths = {
    cert: join(folder.path, "cert.pem"),
    key: join(folder.path, "key.pem"),
    ca: join(folder.path, "ca.pem"),
  };
  const flags = { "--tls-cert": paths.cert, "--tls-key": paths.key };

  function replace({ certificate, key }: Identity): void {
    writeFileSync(paths.cert, certificate);
    writeFileSync(paths.key, key);
  }

  replace(identity ?? authority.issue());
  writeFileSync(paths.ca, authority.certificate);
  return {
    folder: folder.path,
    authority,
    paths,
    flags,
    argv: Object.entries(flags).flat(),
    client: { ca: authority.certificate, servername: "localhost" },
    replace,
    [Symbol.dispose]: folder[Symbol.dispose],
  };
}
