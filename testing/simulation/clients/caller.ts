import {
  type LdlmMessage,
  type LdlmMethod,
  pathOf,
  readAnswer,
  requestBytes,
} from "../../ldlm-proto.ts";
import type { CallLink } from "../network/call-link.ts";
import { anyNode, type ClientParts } from "./client.ts";

/** A client's end of a connection for LDLM over gRPC. */
export interface Caller {
  /** Whether the client knows that its connection has ended. */
  readonly isLost: boolean;
  ask(method: LdlmMethod, fields: object, wishes: AskWishes): Asking;
  close(): void;
}

export interface AskWishes {
  /** Time by its own clock after which the client cancels the call. */
  readonly patienceMs: number;
  /** Whether the call carries that time to the server, as `grpc-timeout` does. */
  readonly isDeadline?: boolean;
}

export interface Asking {
  /** `undefined`: the server refused the call, or its outcome is unknown. */
  readonly answer: Promise<LdlmMessage | undefined>;
  /** Settles the answer as `undefined`. */
  cancel(): void;
}

export function openCaller(parts: ClientParts): Caller {
  const { name, network, chronicle, random } = parts;
  const asking = new Set<() => void>();
  let isLost = false;

  function closed(): void {
    chronicle.write(name, () => "loses its connection");
    isLost = true;
    for (const lose of [...asking]) lose();
  }

  const node = anyNode(parts);
  chronicle.write(name, () => `connects to ${node}`);
  const link = network.connectForCalls(node, closed);
  return {
    get isLost() {
      return isLost;
    },
    ask: (method, fields, wishes) => ask(parts, { link, asking }, { method, fields, ...wishes }),
    close() {
      const how = random.pick<"properly" | "drop">(["properly", "drop"]);
      chronicle.write(name, () =>
        how === "drop" ? "drops its connection" : "closes its connection",
      );
      isLost = true;
      link.close(how);
      for (const lose of [...asking]) lose();
    },
  };
}

interface Connected {
  readonly link: CallLink;
  /** Settles each call that is under way when the connection is lost. */
  readonly asking: Set<() => void>;
}

interface Question extends AskWishes {
  readonly method: LdlmMethod;
  readonly fields: object;
}

function ask(parts: ClientParts, { link, asking }: Connected, question: Question): Asking {
  const { name, chronicle, clock, asked } = parts;
  const { method, fields, patienceMs, isDeadline = false } = question;
  const { promise, resolve } = Promise.withResolvers<LdlmMessage | undefined>();
  const words = `${method} ${JSON.stringify(fields)}`;
  asked();
  chronicle.write(name, () => `calls ${words}`);

  function settle(answer: LdlmMessage | undefined, what: string): void {
    if (!asking.delete(lose)) return;
    cancelPatience();
    chronicle.write(name, () => what);
    resolve(answer);
  }

  function lose(): void {
    settle(undefined, `gets no answer to ${words}`);
  }

  function cancel(): void {
    if (!asking.has(lose)) return;
    call.cancel();
    settle(undefined, `cancels ${words}`);
  }

  asking.add(lose);
  const cancelPatience = clock.after(patienceMs, cancel);
  const request = {
    path: pathOf(method),
    message: requestBytes(method, fields),
    ...(isDeadline && { timeoutMs: clock.realMs(patienceMs) }),
  };
  const call = link.call(request, ({ status, message }) => {
    const answer = message && readAnswer(method, Buffer.from(message));
    settle(answer, `receives ${status.code} ${status.message}${JSON.stringify(answer) ?? ""}`);
  });
  return { answer: promise, cancel };
}
