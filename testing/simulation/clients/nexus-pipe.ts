/** A pipe of a Nexus connection, its writers, and the events that it hears: all as publications in the ledger of the node. */
import { InvariantBroken } from "../invariant-broken.ts";
import type { ClientParts } from "./client.ts";
import type { NexusAnswer, NexusPeer } from "./nexus-peer.ts";

export interface NexusPipe {
  readonly id: string;
  /** Reads everything that is there, or waits a little for the first message. */
  read(): Promise<void>;
  subscribeOrNot(topic: string): Promise<void>;
  publish(topic: string): Promise<void>;
  /** Writes several messages at once to a pipe, its own or another's. */
  write(pipeid: string): Promise<void>;
}

interface ReadResult {
  readonly msgs: readonly { readonly msg: unknown; readonly count: number }[];
  readonly waiting: number;
  readonly drops: number;
}

/** Returns `undefined` when the server refuses, or its answer does not come. */
export async function createNexusPipe(
  parts: ClientParts,
  peer: NexusPeer,
): Promise<NexusPipe | undefined> {
  const { random } = parts;
  const { name, node } = peer;
  const ledger = parts.events(node);
  const made = await peer.ask("pipe.create", { len: 100_000 });
  if (made.type !== "result") return undefined;
  const { pipeid: id } = made.result as { readonly pipeid: string };
  parts.pipes.push({ node, id });
  const subscriber = ledger.subscriber(`the pipe of ${name}`);
  subscriber.subscribe(pipeTopic(id));
  let lastCount = 0;

  function broken(what: string): never {
    throw new InvariantBroken(`${name} ${what}`);
  }

  function take({ msgs, drops }: ReadResult): void {
    if (drops > 0) broken(`learns that its pipe has dropped ${drops} messages`);
    for (const { msg, count } of msgs) {
      lastCount += 1;
      if (count !== lastCount) broken(`reads message ${count} after ${lastCount - 1}`);
      if (typeof msg === "string") subscriber.receives(pipeTopic(id), msg);
      else {
        const event = msg as { readonly topic: string; readonly msg: unknown };
        subscriber.receives(eventTopic(event.topic), event.msg);
      }
    }
  }

  function assertAllowed(answer: NexusAnswer, codes: readonly number[] = []): void {
    if (answer.type !== "error" || codes.includes(answer.code)) return;
    broken(`is refused: ${answer.words}`);
  }

  return {
    id,
    async read() {
      const confirms = subscriber.asks();
      const answer = await peer.ask("pipe.read", { pipeid: id, max: 1_000, timeout: 0.05 });
      assertAllowed(answer);
      if (answer.type !== "result") return;
      const result = answer.result as ReadResult;
      take(result);
      if (result.waiting === 0) confirms();
    },
    async subscribeOrNot(topic) {
      const params = { pipeid: id, topic };
      if (random.chance(0.7)) {
        subscriber.subscribe(eventTopic(topic));
        assertAllowed(await peer.ask("topic.sub", params));
      } else {
        subscriber.unsubscribe(eventTopic(topic));
        assertAllowed(await peer.ask("topic.unsub", params));
      }
    },
    async publish(topic) {
      const publication = ledger.publish([eventTopic(topic)], name);
      const answer = await peer.ask("topic.pub", { topic, msg: publication.payload });
      assertAllowed(answer);
      if (answer.type === "result") ledger.confirm(publication);
    },
    async write(pipeid) {
      const count = random.pick([1, 1, 5]);
      const writing = Array.from({ length: count }, async () => {
        const publication = ledger.publish([pipeTopic(pipeid)], name);
        const answer = await peer.ask("pipe.write", { pipeid, msg: publication.payload });
        assertAllowed(answer, pipeid === id ? [] : [noSuchPipe]);
        if (answer.type === "result") ledger.confirm(publication);
      });
      await Promise.all(writing);
    },
  };
}

const noSuchPipe = -32003;

/** As the ledger knows them: under the names of softvisio's events, and of pipes. */
function eventTopic(topic: string): string {
  return `/cluster/${topic}`;
}

function pipeTopic(id: string): string {
  return `pipe ${id}`;
}
