/** The methods: what a request makes the conversation do, and the answer. */
import { scrypt } from "node:crypto";
import type { LockApiOutcome } from "../../core/effect.ts";
import type { LockKey } from "../../core/ids.ts";
import { unreachable } from "../../core/unreachable.ts";
import { type Job, none, type Step } from "../conversation.ts";
import { openSession } from "../own-session.ts";
import { answer, answerLater } from "./answers.ts";
import type { ToyRequest } from "./decode.ts";
import type { ToyTalk } from "./talk.ts";

/** A step without its output, which follows from the answers that are due. */
export type Deed = Pick<Partial<Step<never>>, "commands" | "topics" | "jobs">;

type LockRequest = Extract<ToyRequest, { readonly name: string }>;
type Request<Type> = Extract<ToyRequest, { readonly type: Type }>;

export function obey(talk: ToyTalk, request: ToyRequest): Deed {
  switch (request.type) {
    case "lock":
      return lock(talk, request);
    case "unlock":
      return unlock(talk, request);
    case "subscribe":
      return subscribe(talk, request);
    case "publish":
      return publish(talk, request);
    case "hash":
      return hash(talk, request);
    case "fault":
      answer(talk, request.id, { error: request.error });
      return {};
    default:
      return unreachable(request);
  }
}

function lock(talk: ToyTalk, { id, name }: LockRequest): Deed {
  const { options, origin, session } = talk;
  const { namespace, nextRequest, node } = options;
  const terms = { node, api: "toy", origin, graceMs: 0, restartGraceMs: 0 };
  const opening = talk.opening === undefined ? [openSession(talk, nextRequest(), terms)] : none;
  const request = nextRequest();
  answerLater(talk, id, request);
  const claims = [{ mode: "exclusive", path: [name] }] as const;
  const key = keyOf(talk, name);
  const acquire = { type: "acquire", session, request, namespace, claims, key, waitMs: 0 } as const;
  return { commands: [...opening, acquire] };
}

function unlock(talk: ToyTalk, { id, name }: LockRequest): Deed {
  const { options, session } = talk;
  const { namespace, nextRequest } = options;
  const request = nextRequest();
  answerLater(talk, id, request);
  const target = { type: "key", namespace, path: [name], key: keyOf(talk, name) } as const;
  return { commands: [{ type: "release", session, request, target, sessionless: true }] };
}

/** Follows from the name, so that the conversation need not remember its locks. */
function keyOf({ secret }: ToyTalk, name: string): LockKey {
  return `${secret}/${name}` as LockKey;
}

/** A subscription that is refused is followed by a line that says so. */
function subscribe(talk: ToyTalk, { id, topic }: Request<"subscribe">): Deed {
  if (!talk.canHear) {
    answer(talk, id, { error: "unsupported" });
    return {};
  }
  answer(talk, id, { subscribed: true });
  const filter = { type: "topic", topic } as const;
  return { topics: [{ type: "subscribe", session: talk.session, filter }] };
}

function publish(talk: ToyTalk, { id, topic, text }: Request<"publish">): Deed {
  answer(talk, id, { published: true });
  return { topics: [{ type: "publish", event: { topic, payload: text } }] };
}

function hash(talk: ToyTalk, { id, text, salt }: Request<"hash">): Deed {
  const job: Job = { run: () => hashOf(text, salt) };
  answerLater(talk, id, job);
  return { jobs: [job] };
}

const hashBytes = 32;

/** In hexadecimal digits, worked out outside of the event loop. */
function hashOf(text: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(text, salt, hashBytes, (error, bytes) => {
      if (error === null) resolve(bytes.toString("hex"));
      else reject(error);
    });
  });
}

/** `undefined` for an outcome that answers no request of this protocol. */
export function answerOf({ whyNotOpen }: ToyTalk, outcome: LockApiOutcome): object | undefined {
  switch (outcome.type) {
    case "granted":
      return { granted: outcome.token };
    case "released":
      return { released: true };
    case "rejected": {
      const { code, reason } = outcome;
      return { error: code, reason: code === "session_ended" ? whyNotOpen : reason };
    }
    case "waiting":
    case "renewed":
    case "lease_expired":
    case "released_by_other":
    case "revoked":
    case "session_opened":
    case "session_touched":
    case "session_closed":
    case "session_kicked":
      return undefined;
    default:
      return unreachable(outcome);
  }
}
