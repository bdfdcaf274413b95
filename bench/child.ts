import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Runs a file of ours in a process of its own; resolves with the JSON that it prints. */
export async function answerOf<Answer>(
  file: URL,
  question: unknown,
  flags: readonly string[] = [],
): Promise<Answer> {
  const path = fileURLToPath(file);
  const argv = [...flags, path, JSON.stringify(question)];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`${path} ended with status ${status}`);
  return JSON.parse(printed);
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

/** A line of the server's log. */
export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/**
 * Resolves when the server says, as a line of JSON on stderr, at which port it listens. What it says
 * later goes to `hear`.
 */
export async function startServer(
  argv: readonly string[],
  hear: (line: LogLine) => void = () => {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const port = await portOf(child, argv, hear);
  return {
    pid: child.pid as number,
    port,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function portOf(
  { stderr }: ChildProcess,
  argv: readonly string[],
  hear: (line: LogLine) => void,
): Promise<number> {
  if (stderr === null) throw new TypeError("the server's stderr is not piped");
  const input = createInterface({ input: stderr });
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    input.on("line", (line) => {
      if (lines.length < linesKept) lines.push(line);
      if (!line.startsWith("{")) return;
      const told = JSON.parse(line);
      if (told.msg === "listening" && told.name === "main") resolve(told.port);
      hear(told);
    });
    input.once("close", () => {
      reject(new Error(`${argv.join(" ")} does not listen: ${lines.join("\n")}`));
    });
  });
}

/** For the error, if there is one. */
const linesKept = 50;
