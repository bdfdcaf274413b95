/** What a start says: of the folder that it makes, and of what keeps it from starting. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { mountSmallDisk, reasonNotToMount } from "../../testing/faults/mounted-disk.ts";
import { runHoldfast, startHoldfast } from "../../testing/holdfast-process.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

const listening = ["--listen", "127.0.0.1:0"];

function serving(...argv: readonly string[]) {
  return { folder: folder.path, argv: ["serve", ...argv] };
}

/** The only line of a start that fails. */
async function refusal(...argv: readonly string[]): Promise<string> {
  const { status, stderr } = await runHoldfast(serving(...argv));
  assert.equal(status, 1, stderr);
  const lines = stderr.split("\n").filter((line) => line.startsWith("holdfast: "));
  assert.equal(lines.length, 1, stderr);
  return lines[0] ?? "";
}

/** The lines of the log of a server that starts, and is stopped as soon as it listens. */
async function linesOf(...argv: readonly string[]) {
  const server = startHoldfast(serving(...listening, ...argv));
  await server.logged("listening");
  server.kill("SIGTERM");
  const { stderr } = await server.ended;
  const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
}

describe("a start", { concurrency: 2 }, () => {
  test("tells which data folder it has made, and not again", async () => {
    const lines = await linesOf("--data", "first/of all");
    const made = lines.find(({ msg }) => msg === "made a new, empty data folder");
    assert.equal(made?.folder, join(folder.path, "first/of all"));
    const again = await linesOf("--data", "first/of all", "--data-must-exist");
    assert.ok(!again.some(({ msg }) => String(msg).startsWith("made a new")));
  });

  test("in a folder with other files warns, and names some", async () => {
    mkdirSync(join(folder.path, "backups/lost+found"), { recursive: true });
    writeFileSync(join(folder.path, "backups/monday.hfb"), "");
    const lines = await linesOf("--data", "backups");
    const made = lines.find(({ msg }) =>
      String(msg).startsWith("made a new, empty log in a folder"),
    );
    assert.deepEqual(made?.files, ["monday.hfb"]);
  });

  test("with dataMustExist makes no folder", async () => {
    const error = await refusal(...listening, "--data", "mistyped", "--data-must-exist");
    assert.match(error, /^holdfast: \/.*\/mistyped has no data of a server, and dataMustExist/);
    const again = await refusal(...listening, "--data", "mistyped", "--data-must-exist");
    assert.equal(again, error);
  });

  test("on a port that is in use says which, and which setting helps", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const error = await refusal("--data", "memory", "--listen", `127.0.0.1:${port}`);
    const place = `127.0.0.1:${port} is in use by another program`;
    assert.ok(
      error.startsWith(`holdfast: ${place}; stop that, or set listen to another port`),
      error,
    );
    other.close();
  });

  test("on an address that the machine lacks says which setting helps", async () => {
    const open = ["--data", "memory", "--insecure"];
    const error = await refusal(...open, "--listen", "192.0.2.1:0");
    assert.match(error, /does not have the address 192\.0\.2\.1; set listen to one that it has/);
    const unknown = await refusal(...open, "--listen", "no-such-name.invalid:0");
    assert.match(unknown, /no-such-name\.invalid/);
  });

  test("where a file is in the place of the folder says so", async () => {
    writeFileSync(join(folder.path, "file"), "");
    for (const data of ["file", "file/below"]) {
      const error = await refusal(...listening, "--data", data);
      assert.match(error, /file.* cannot be a folder, because there is a file; set data/);
    }
  });

  test("on a disk that is too small says where, and how much room there is", {
    skip: reasonNotToMount(),
  }, async () => {
    using disk = mountSmallDisk(1);
    const error = await refusal(...listening, "--data", join(disk.path, "data"));
    assert.match(
      error,
      /the disk of \/.*\/data is too full: a start needs 2MiB there, and \d+KiB are/,
    );
    assert.match(error, /make room, or set data to a folder elsewhere/);
  });
});
