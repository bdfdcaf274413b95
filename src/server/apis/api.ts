import type { StaticDecode, TObject } from "typebox";
import type { SubscribedTopic } from "../../bus/bus.ts";
import type { State } from "../../core/apply.ts";
import type { NodeId, TimeMs } from "../../core/ids.ts";
import type { Notice } from "../../core/notice.ts";
import type { Event, Filter } from "../../fleeting/topics.ts";
import type { ProtoFile } from "../../protocols/grpc/mod.ts";
import type { Identity } from "../../protocols/identity.ts";
import type { Identities } from "../../protocols/protocol.ts";
import type { Census } from "../census.ts";
import type { ApiConfig } from "../config.ts";
import type { CallMethods } from "../conversation/calls.ts";
import type { Host } from "../conversation/host.ts";
import type { Logins } from "../identity/logins.ts";
import type { Passwords } from "../identity/passwords.ts";
import type { Routes } from "../listen/listener.ts";
import type { World } from "../world.ts";

/** One API as a value. Everything that concerns all APIs walks the list in `mod.ts`. */
export interface Api<Settings extends TObject = TObject> extends ApiConfig<Settings> {
  /** Its protocols in the welcome text, such as `LDLM gRPC and REST`. */
  readonly speaks: string;
  /** Its protocols on the status page, each with a hint for its clients. */
  readonly hints: readonly (readonly [protocol: string, hint: string])[];
  /** Links of its own on the status page. */
  readonly links: readonly (readonly [path: string, meaning: string])[];
  /** Its gRPC service, for health checks and reflection. */
  readonly service?: { readonly name: string; readonly file: ProtoFile };
  open(context: ApiContext<StaticDecode<Settings>>): OpenApi;
}

/** What the server gives an API. */
export interface ApiContext<Settings> {
  readonly settings: Settings;
  readonly node: NodeId;
  readonly identities: Identities;
  readonly limits: ApiLimits;
  /** Origins whose pages may send requests, besides this host's own. */
  readonly allowedOrigins: readonly string[];
  /** Read between two entries. */
  readonly state: State;
  readonly durability: string;
  readonly world: Pick<World, "clock" | "wallNowMs" | "loads" | "newSecret" | "newUuid">;
  /** Who is there, of all APIs. */
  readonly census: Census;
  readonly passwords: Passwords;
  readonly logins: Logins;
  /** Everything that anybody is subscribed to. */
  topics(): readonly SubscribedTopic[];
  /** Brings an event to the pipes here that are subscribed by one of the filters. */
  announce(event: Event, filters: readonly Filter[]): void;
  /** What the wall clock shows at a time of the log, in Unix ms. */
  wallMsOf(at: TimeMs): number;
  /** A lock of this address ended with its connection as soon as it was granted. */
  noteBriefGrant(address: string | undefined): void;
  /** How long a page that is the same for all who ask is kept. */
  readonly pageIntervalMs: number;
  /** The identity of its peers. */
  readonly identity: Identity;
  /** Hosts the conversations of this API. */
  readonly host: Host;
  /** The gRPC methods of every port, such as health checks. */
  readonly callMethods: CallMethods;
}

export interface ApiLimits {
  /** Bytes of one message. The listener keeps it for WebSockets and HTTP; on a stream only the API knows its messages. */
  readonly messageBytesMax: number;
  readonly jsonDepthMax: number;
  readonly nameBytesMax: number;
  readonly waitersPerConnectionMax: number;
}

/** An API at work. */
export interface OpenApi {
  /** Whether the path is its own on the main port, for upgrades or for requests of this method. */
  owns(path: string, method?: string): boolean;
  /** What it serves on the main port, called `main`, or on one of its own. */
  routes(listener: string): Routes;
  /** Something has changed that may concern clients; absent: nothing concerns them. */
  noticed?(notice: Notice): void;
}
