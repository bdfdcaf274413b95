import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { pino } from "pino";
import { load } from "../../../testing/load-config.ts";
import { createTlsFiles, type TlsFiles } from "../../../testing/tls-files.ts";
import { ConfigError } from "../config.ts";
import { openTls } from "./tls.ts";

const dayMs = 24 * 3600 * 1000;

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Opens TLS with a wall clock at `nowMs`. */
function open(flags: Readonly<Record<string, string>>, nowMs = Date.now()) {
  const lines: Line[] = [];
  const logger = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) });
  return { tls: openTls(load({ flags }).config, { logger, wallNowMs: () => nowMs }), lines };
}

test("without a certificate there is no TLS, and nothing to reload", () => {
  const { tls, lines } = open({});
  assert.equal(tls.handshakes, undefined);
  assert.equal(tls.certificateEndsAtMs(), undefined);
  tls.reload();
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ["there is nothing to reload without TLS"],
  );
});

test("settings by half are refused whoever starts the server", () => {
  for (const flag of ["--tls-cert", "--tls-key", "--tls-client-ca"]) {
    assert.throws(() => open({ [flag]: "some.pem" }), ConfigError);
  }
});

/** Changes to good files, and the resulting errors. */
const flaws: ReadonlyArray<{
  readonly that: string;
  spoil(files: TlsFiles): void;
  readonly said: RegExp;
}> = [
  {
    that: "a certificate that is not there",
    spoil: ({ paths }) => rmSync(paths.cert),
    said: /^tls\.cert: .*\/cert\.pem cannot be read/,
  },
  {
    that: "a key that is not there",
    spoil: ({ paths }) => rmSync(paths.key),
    said: /^tls\.key: .*\/key\.pem cannot be read/,
  },
  {
    that: "authorities that are not there",
    spoil: ({ paths }) => rmSync(paths.ca),
    said: /^tls\.clientCa: .*\/ca\.pem cannot be read/,
  },
  {
    that: "an empty certificate",
    spoil: ({ paths }) => writeFileSync(paths.cert, ""),
    said: /^tls\.cert: .*\/cert\.pem holds no certificate in PEM form/,
  },
  {
    that: "the key as the certificate",
    spoil: ({ paths }) => writeFileSync(paths.cert, readFileSync(paths.key)),
    said: /^tls\.cert: .*\/cert\.pem holds no certificate in PEM form/,
  },
  {
    that: "a certificate that was cut off",
    spoil: ({ paths }) => writeFileSync(paths.cert, readFileSync(paths.cert, "utf8").slice(0, 300)),
    said: /^tls\.cert: .*\/cert\.pem holds a damaged certificate/,
  },
  {
    that: "a damaged certificate behind a good one",
    spoil: ({ paths }) => {
      const pem = readFileSync(paths.cert, "utf8");
      writeFileSync(paths.cert, pem + pem.replace(/^M.*$/m, "MIIC"));
    },
    said: /^tls\.cert: .*\/cert\.pem holds a damaged certificate/,
  },
  {
    that: "a key in the file of the authorities",
    spoil: ({ paths }) => writeFileSync(paths.ca, readFileSync(paths.key)),
    said: /^tls\.clientCa: .*\/ca\.pem holds no certificate in PEM form/,
  },
  {
    that: "garbage as the key",
    spoil: ({ paths }) => writeFileSync(paths.key, "garbage"),
    said: /^tls\.key: .*\/key\.pem holds no private key in PEM form/,
  },
  {
    that: "a key with a passphrase",
    spoil({ paths }) {
      const key = createPrivateKey(readFileSync(paths.key));
      const locked = {
        type: "pkcs8",
        format: "pem",
        cipher: "aes-256-cbc",
        passphrase: "p",
      } as const;
      writeFileSync(paths.key, key.export(locked));
    },
    said: /^tls\.key: .*\/key\.pem is locked by a passphrase; give the key without one/,
  },
  {
    that: "the key of another certificate",
    spoil: ({ paths, authority }) => writeFileSync(paths.key, authority.issue().key),
    said: /^tls\.key: .*\/key\.pem is not the key of the certificate in .*\/cert\.pem/,
  },
];

describe("files that cannot be used", () => {
  for (const { that, spoil, said } of flaws) {
    test(`${that} keeps the server from starting, and at a reload what is in use stays`, () => {
      using files = createTlsFiles();
      const flags = { ...files.flags, "--tls-client-ca": files.paths.ca };
      const { tls, lines } = open(flags);
      const endsAtMs = tls.certificateEndsAtMs();
      spoil(files);
      assert.throws(() => open(flags), { name: "CredentialsError", message: said });
      tls.reload();
      const { level, msg, err } = lines.at(-1) ?? assert.fail("nothing was logged");
      assert.equal(level, 50);
      assert.equal(msg, "the TLS files cannot be used; the certificate in use stays");
      assert.match((err as Error).message, said);
      assert.equal(tls.certificateEndsAtMs(), endsAtMs);
    });
  }
});

describe("a certificate in use", () => {
  test("is told with its names and its time, and so is the next", () => {
    using files = createTlsFiles();
    const { tls, lines } = open(files.flags);
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 300 * dayMs);
    files.replace(files.authority.issue({ hosts: ["lock.example.com"], until }));
    tls.reload();
    assert.deepEqual(
      lines.map(({ msg, names, needsClientCertificate }) => ({
        msg,
        names,
        needsClientCertificate,
      })),
      ["DNS:localhost, IP Address:127.0.0.1", "DNS:lock.example.com"].map((names) => ({
        msg: "TLS certificate in use",
        names,
        needsClientCertificate: false,
      })),
    );
    assert.equal(lines[1]?.until, until.toISOString());
    assert.equal(tls.certificateEndsAtMs(), until.getTime());
  });

  for (const [when, leftMs, warning] of [
    ["ends in over two weeks", 14 * dayMs + 1, undefined],
    ["ends in two weeks", 14 * dayMs, "the TLS certificate ends soon"],
    ["ends", 0, "the TLS certificate has ended; clients that look will not connect"],
    ["does not count yet", 95 * dayMs, "the TLS certificate does not count yet"],
  ] as const) {
    test(`that ${when} ${warning === undefined ? "needs no warning" : "is warned of"}, at the start and at a reload`, () => {
      using files = createTlsFiles();
      const endsAtMs = open(files.flags).tls.certificateEndsAtMs() ?? assert.fail("no TLS");
      const { tls, lines } = open(files.flags, endsAtMs - leftMs);
      tls.reload();
      const warned = lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
      assert.deepEqual(warned, warning === undefined ? [] : [warning, warning]);
    });
  }

  test("may have its chain behind it, and text around it", () => {
    using files = createTlsFiles();
    const between = files.authority.issueAuthority("between");
    const { certificate, key } = between.issue();
    files.replace({ certificate: `a note\n${certificate}\n${between.certificate}`, key });
    assert.ok(open(files.flags).tls.handshakes !== undefined);
  });
});
