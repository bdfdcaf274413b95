/**
 * A gRPC client as a process of its own: `ldlm-client-main.ts PORT` makes the calls that come on stdin as JSON,
 * one a line, and prints how each has ended. See ldlm-client-process.ts.
 */
import { createInterface } from "node:readline";
import { openLdlmClient } from "./ldlm-client.ts";

const client = openLdlmClient(Number(process.argv[2]));
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { id, method, fields } = JSON.parse(line);
  client.call(method, fields).ended.then((outcome) => {
    console.log(JSON.stringify({ id, outcome }));
  });
});
// Whoever made this process is gone, and it goes, too.
lines.on("close", () => process.exit());
