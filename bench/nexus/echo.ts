/** A server of `node:net` alone, which splits lines, parses each as JSON and answers it, and does nothing else. */
import { type AddressInfo, createServer } from "node:net";

process.once("SIGTERM", () => process.exit());
const server = createServer({ noDelay: true }, (socket) => {
  let rest = "";
  // The load ends in the middle of its calls.
  socket.on("error", () => socket.destroy());
  socket.setEncoding("utf8").on("data", (text: unknown) => {
    const lines = (rest + String(text)).split("\n");
    rest = lines.pop() ?? "";
    let answers = "";
    for (const line of lines) {
      const { id } = JSON.parse(line);
      answers += `${JSON.stringify({ jsonrpc: "2.0", id, result: { ok: true } })}\r\n`;
    }
    if (answers !== "") socket.write(answers);
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
const { port } = server.address() as AddressInfo;
process.stderr.write(`${JSON.stringify({ msg: "listening", name: "main", port })}\n`);
