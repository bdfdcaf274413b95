/** A server of grpc-js alone, which answers the calls of LDLM with fixed messages and does nothing else. */
import { fileURLToPath } from "node:url";
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const proto = fileURLToPath(new URL("../../proto/ldlm.proto", import.meta.url));
const definition = loadSync(proto, { keepCase: true });
const key = "15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5";

type Call = { readonly request: { readonly name: string } };

process.once("SIGTERM", () => process.exit());
const server = new Server();
server.addService(definition["ldlm.LDLM"] as ServiceDefinition, {
  TryLock: ({ request: { name } }: Call, answer: sendUnaryData<object>) =>
    answer(null, { locked: true, name, key }),
  Unlock: ({ request: { name } }: Call, answer: sendUnaryData<object>) =>
    answer(null, { unlocked: true, name }),
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stderr.write(`${JSON.stringify({ msg: "listening", name: "main", port })}\n`);
});
