/** The recipes of docs/operating/proxies.md, for other ports and files. They run as people read them. */
import { readFileSync } from "node:fs";

const document = new URL("../../docs/operating/proxies.md", import.meta.url);

/** What a recipe is run with. */
export interface Ingredients {
  /** A folder with tls.crt, tls.key and tls.pem. */
  readonly folder: string;
  readonly ports: {
    /** Of the server. */
    readonly main: number;
    readonly ldlm: number;
    /** Of the proxy. */
    readonly https: number;
    readonly grpc: number;
  };
}

/** The first block of that language. */
export function recipe(language: string, { folder, ports }: Ingredients): string {
  const text = readFileSync(document, "utf8");
  const [, block] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (block === undefined) throw new Error(`proxies.md has no recipe in ${language}`);
  return block
    .replaceAll("/etc/holdfast", folder)
    .replaceAll("locks.example.com", "localhost")
    .replaceAll(/127\.0\.0\.1:7117/g, `127.0.0.1:${ports.main}`)
    .replaceAll(/127\.0\.0\.1:3144/g, `127.0.0.1:${ports.ldlm}`)
    .replaceAll(/(listen |:)443\b/g, `$1${ports.https}`)
    .replaceAll(/(listen |:)3145\b/g, `$1${ports.grpc}`);
}
