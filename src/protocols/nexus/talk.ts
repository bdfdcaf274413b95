import type { RequestedCommand, SessionOrigin } from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type { JsonText, LogIndex, RequestId, SessionId, UserName } from "../../core/ids.ts";
import type { Tags } from "../../core/users/state.ts";
import type { SessionEffect } from "../../fleeting/effect.ts";
import type { Ending, Job, Talk } from "../conversation.ts";
import { containersMax } from "../json.ts";
import { createJsonStream, type JsonStream } from "../json-stream.ts";
import { type Opener, originOf } from "../origin.ts";
import type { OwnSession } from "../own-session.ts";
import type { Doing, WaitDoing } from "./doing.ts";
import type { Dialect, NexusOptions } from "./options.ts";

/** Whose rights a connection has. */
export interface Login {
  readonly user: UserName;
  /** `undefined`: nobody has logged in. */
  readonly account: LogIndex | undefined;
  /** As they were when the user logged in, or when they were last reloaded. */
  readonly tags: Tags;
}

/** The client of a conversation. */
export interface NexusOpener extends Opener {
  readonly transport: string;
}

/** The data of one connection. */
export interface NexusTalk extends Talk, OwnSession<string> {
  readonly session: SessionId;
  readonly options: NexusOptions;
  readonly origin: SessionOrigin;
  /** How it came: `tcp`, `ssl`, `ws`, `wss`, `http` or `https`. */
  readonly transport: string;
  /** The beginning of the keys of its locks. */
  readonly secret: string;
  readonly stream: JsonStream;
  login: Login;
  dialect: Dialect;
  /** The watchdog: after so long without traffic the connection ends. */
  idleMs: number;
  /** Calls that wait for the first outcome of a command. */
  readonly commands: Map<RequestId, PendingCommand>;
  /** Those that wait for a later one: pushes of tasks, and pulls. */
  readonly waiting: Map<RequestId, PendingCommand>;
  /** Pulls that had no answer when the conversation ended. */
  unanswered: readonly RequestId[];
  /** The client wants to be told when what it works at has become needless. */
  hearsOfTasks: boolean;
  /** Calls that wait for an effect of the fleeting plane, such as reads of pipes. */
  readonly fleeting: Map<RequestId, PendingFleeting>;
  /** The call whose job runs; everything behind it waits. */
  working: WorkingCall | undefined;
  /** The server is stopping, or an operator has ended the connection: nothing more is obeyed. */
  ending: Ending | undefined;
}

export interface PendingCommand {
  readonly id: JsonText;
  readonly command: RequestedCommand["type"];
  readonly next: (outcome: Outcome) => Doing | WaitDoing;
}

export interface PendingFleeting {
  readonly id: JsonText;
  readonly next: (effect: SessionEffect) => Doing;
}

export interface WorkingCall {
  readonly id: JsonText;
  readonly job: Job;
  readonly next: (result: unknown) => Doing;
}

/** The requests and ids of the calls that have asked for one of these commands, and have no answer. */
export function callsOf(
  { commands, waiting }: NexusTalk,
  ...types: readonly RequestedCommand["type"][]
): readonly (readonly [RequestId, PendingCommand])[] {
  return [...commands, ...waiting].filter(([, { command }]) => types.includes(command));
}

/** Who has not logged in. */
export function nobody({ nobodyTags: tags }: Pick<NexusOptions, "nobodyTags">): Login {
  return { user: "nobody" as UserName, account: undefined, tags };
}

const idleMsDefault = 90_000;

/** Members of a request and of its parameters. To take 100,000 apart takes 100 ms. */
const membersMax = 4096;

export function createTalk(options: NexusOptions, opener: NexusOpener): NexusTalk {
  const origin = originOf(opener);
  const { address } = origin;
  const { messageBytesMax: bytesMax, jsonDepthMax: depthMax, dialect } = options;
  return {
    ...(address !== undefined && { address }),
    options,
    origin,
    transport: opener.transport,
    session: options.nextSession(),
    opening: undefined,
    whyNotOpen: "the session is over",
    secret: options.newSecret(),
    stream: createJsonStream({ bytesMax, depthMax, containersMax, membersMax }),
    login: nobody(options),
    dialect: dialect === "auto" ? "0.2" : dialect,
    idleMs: idleMsDefault,
    commands: new Map(),
    waiting: new Map(),
    unanswered: [],
    hearsOfTasks: false,
    fleeting: new Map(),
    working: undefined,
    ending: undefined,
  };
}
