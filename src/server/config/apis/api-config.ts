import type { StaticDecode, TObject } from "typebox";

/** What the configuration must know of an API. */
export interface ApiConfig<Settings extends TObject = TObject> {
  /** Its section in the configuration, and its label in metrics. */
  readonly name: string;
  readonly settings: Settings;
  /** The ports where its clients expect it. */
  readonly listeners: readonly ClassicListener[];
  /** How it authenticates its clients; absent: it cannot. */
  readonly guard?: Guard<StaticDecode<Settings>>;
}

export interface ClassicListener {
  readonly name: string;
  /** The setting with the address, within the API's section. */
  readonly key: string;
  /** In the welcome text. */
  readonly speaks: string;
  /** Every connection is a byte stream from its first byte; there is no HTTP. */
  readonly isStreamOnly?: true;
  /** It is only opened where TLS is configured. */
  readonly needsTls?: true;
}

export interface Guard<Settings> {
  /** The credentials that clients must show; `undefined`: none. */
  proof(settings: Settings): Proof | undefined;
  /** How to switch it on, as the object of a sentence: `set ldlm.password`. */
  readonly advice: string;
}

/** What the clients of an API must show. */
export type Proof =
  | { readonly type: "password"; readonly password: string }
  | { readonly type: "api_token" }
  /** Its users log in by themselves, and have no rights before. */
  | { readonly type: "login" };
