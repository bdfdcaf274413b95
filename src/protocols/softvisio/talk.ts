import type { SessionOrigin } from "../../core/command.ts";
import type { Event } from "../../fleeting/topics.ts";
import type { Message, Step } from "../conversation.ts";
import type { Judgement } from "../identity.ts";
import type { Judging } from "../judging.ts";
import type { OwnSession } from "../own-session.ts";
import { type AskedLocks, createAskedLocks } from "./asked-locks.ts";
import { type RpcError, rpcError } from "./errors.ts";
import type { SoftvisioOptions } from "./options.ts";
import { createPendingCommands, type PendingCommands } from "./pending.ts";

/** What a connection needs besides the settings of the API. */
export interface SoftvisioTalkOptions extends SoftvisioOptions {
  readonly origin: SessionOrigin;
  /** The output of an event, made once for all its subscribers. */
  tellingOf(event: Event): Step<string>;
}

/** The data of one connection. */
export interface SoftvisioTalk extends OwnSession<RpcError>, Judging<Message> {
  readonly options: SoftvisioTalkOptions;
  readonly pending: PendingCommands;
  readonly locks: AskedLocks;
  /** Whether the client may call; a promise until the first message. */
  judgement: Judgement | Promise<Judgement>;
  /** Calls that were refused because the client is not authorized. */
  turnedAwayCount: number;
  /** The server is stopping: the connection ends with its last pending command. */
  isStopping: boolean;
}

export function createTalk(
  options: SoftvisioTalkOptions,
  judgement: SoftvisioTalk["judgement"],
): SoftvisioTalk {
  const { address } = options.origin;
  return {
    options,
    ...(address !== undefined && { address }),
    session: options.nextSession(),
    opening: undefined,
    whyNotOpen: rpcError("too_many_requests"),
    pending: createPendingCommands(),
    locks: createAskedLocks(),
    judgement,
    unjudged: undefined,
    turnedAwayCount: 0,
    isStopping: false,
  };
}
