import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority } from "../certificates.ts";
import { classicFlags } from "../classic-ports.ts";
import { type HoldfastProcess, startHoldfast } from "../holdfast-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";

/** A server in clear text, as docs/operating/proxies.md wants it, one with TLS, and one with TLS behind a proxy. */
export interface FieldServers extends AsyncDisposable {
  /** Has `tls.crt`, `tls.key`, `tls.pem` and `ca.crt`. */
  readonly folder: string;
  readonly ports: {
    readonly main: number;
    /** For gRPC, behind the PROXY protocol. */
    readonly ldlm: number;
    readonly tls: number;
    /** With TLS, behind the PROXY protocol. */
    readonly proxied: number;
  };
}

export async function startServers(): Promise<FieldServers> {
  const folder = createTemporaryFolder();
  const { path } = folder;
  // Proxies drop their rights before they read.
  chmodSync(path, 0o755);
  const authority = createAuthority("field");
  const { certificate, key } = authority.issue();
  writeFileSync(join(path, "ca.crt"), authority.certificate);
  writeFileSync(join(path, "tls.crt"), certificate);
  writeFileSync(join(path, "tls.key"), key);
  writeFileSync(join(path, "tls.pem"), certificate + key);
  const tls = ["--tls-cert", "tls.crt", "--tls-key", "tls.key"];
  const clear = start(path, ["--proxy-protocol", "ldlm"]);
  const encrypted = start(path, tls);
  const proxied = start(path, ["--proxy-protocol", "main", ...tls]);
  return {
    folder: path,
    ports: {
      main: await portOf(clear, "main"),
      ldlm: await portOf(clear, "ldlm"),
      tls: await portOf(encrypted, "main"),
      proxied: await portOf(proxied, "main"),
    },
    async [Symbol.asyncDispose]() {
      for (const server of [clear, encrypted, proxied]) server.kill("SIGKILL");
      await Promise.all([clear.ended, encrypted.ended, proxied.ended]);
      folder[Symbol.dispose]();
    },
  };
}

/** The classic ports that no client in the field uses. */
const closed = classicFlags
  .filter((flag) => flag !== "--ldlm-listen")
  .flatMap((flag) => [flag, "off"]);

function start(folder: string, argv: readonly string[]): HoldfastProcess {
  const ports = ["--listen", "localhost:0", "--classic-ports", "--ldlm-listen", "127.0.0.1:0"];
  return startHoldfast({
    folder,
    argv: ["serve", "--data", "memory", ...ports, ...closed, ...argv],
  });
}

async function portOf(server: HoldfastProcess, name: string): Promise<number> {
  return Number((await server.logged("listening", { name })).port);
}
