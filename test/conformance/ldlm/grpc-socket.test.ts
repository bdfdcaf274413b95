/** The stories of this folder before a whole server, told by the gRPC client of most Node programs. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type InProcessServer, startInProcess } from "../../../testing/in-process-server.ts";
import { type LdlmClient, openLdlmClient, type PendingCall } from "../../../testing/ldlm-client.ts";
import { figuresAt } from "../../../testing/live-server.ts";
import { openRelay, type Relay } from "../../../testing/relay.ts";
import { grpcStories } from "./grpc.cases.ts";
import type { Ask, GrpcStory } from "./grpc-case.ts";
import { play, type Stage } from "./grpc-stage.ts";

describe("LDLM over gRPC through a socket", { concurrency: 4 }, () => {
  for (const story of grpcStories) {
    test(story.title, { skip: obstacleTo(story) }, async () => {
      await using server = await startInProcess(story.flags);
      await using stack = new AsyncDisposableStack();
      await play(story, stageOn(server, stack));
    });
  }
});

/** Why the story cannot be told here. */
function obstacleTo({ steps }: GrpcStory): string | false {
  return steps.some(({ does }) => does.type === "pass") && "it needs a clock that can be set";
}

interface Connection {
  readonly client: LdlmClient;
  /** What can be cut without the client's doing. */
  readonly relay: Relay;
}

interface Waiting {
  readonly on: string;
  readonly call: PendingCall<unknown>;
}

function stageOn(server: InProcessServer, stack: AsyncDisposableStack): Stage {
  const connections = new Map<string, Promise<Connection>>();
  const waiting = new Map<string, Waiting>();
  let cookie: string | undefined;

  async function connect(): Promise<Connection> {
    const relay = stack.use(await openRelay(server.portOf("ldlm")));
    const client = openLdlmClient(relay.port);
    stack.defer(client.close);
    return { client, relay };
  }

  function connectionNamed(name: string): Promise<Connection> {
    const connection = connections.get(name) ?? connect();
    connections.set(name, connection);
    return connection;
  }

  async function figure(name: string, labels = {}): Promise<number> {
    return (await figuresAt(server.portOf("main"))).of(name, labels);
  }

  async function untilFigure(name: string, value: number, labels = {}): Promise<void> {
    while ((await figure(name, labels)) !== value);
  }

  /** There is no answer to wait for; that it is in line is seen from outside. */
  async function untilWaiting(
    as: string,
    on: string,
    call: PendingCall<unknown>,
  ): Promise<"waits"> {
    waiting.set(as, { on, call });
    await untilFigure("holdfast_waiters", waiting.size);
    return "waits";
  }

  function taken(name: string): PendingCall<unknown> {
    const found = waiting.get(name);
    assert.ok(found !== undefined, `no call ${name}`);
    waiting.delete(name);
    return found.call;
  }

  return {
    async ask({ on, method, request, metadata, as, expect }) {
      const { client } = await connectionNamed(on);
      const call = begin(client, { method, request, metadata });
      if (expect === "waits") return await untilWaiting(as, on, call);
      return (await call.ended) as Awaited<ReturnType<Stage["hear"]>>;
    },
    async hear(name) {
      return (await taken(name).ended) as Awaited<ReturnType<Stage["hear"]>>;
    },
    async cancel(name) {
      taken(name).cancel();
      await untilFigure("holdfast_waiters", waiting.size);
    },
    async leave(name) {
      const labels = { listener: "ldlm" };
      const open = await figure("holdfast_connections", labels);
      (await connectionNamed(name)).relay.cut("reset");
      for (const [as, { on }] of waiting) if (on === name) waiting.delete(as);
      await untilFigure("holdfast_connections", open - 1, labels);
      connections.delete(name);
    },
    pass: () => assert.fail("time goes as it likes"),
    async rest(path, fields) {
      const url = `http://127.0.0.1:${server.portOf("ldlmRest")}`;
      cookie ??= await openSession(url);
      const wishes = { method: "POST", headers: { cookie }, body: JSON.stringify(fields) };
      return (await fetch(url + path, wishes)).json() as Promise<object>;
    },
  };
}

function begin(
  client: LdlmClient,
  { method, request, metadata }: Pick<Ask, "method" | "request" | "metadata">,
): PendingCall<unknown> {
  if (!isPath(method)) return client.call(method, request, { metadata });
  return client.callPath(method, Buffer.of(), { metadata });
}

function isPath(method: Ask["method"]): method is `/${string}` {
  return method.startsWith("/");
}

async function openSession(url: string): Promise<string> {
  const response = await fetch(`${url}/session`, { method: "POST" });
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}
