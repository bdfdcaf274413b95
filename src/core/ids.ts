declare const brand: unique symbol;

/** A `T` that was checked once, where bytes came in, and need not be checked again. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** The node on which a session's connection lives; unique in a cluster. */
export type NodeId = Brand<string, "NodeId">;

/** Names a session in the log. No credential: it appears in logs and admin listings. */
export type SessionId = Brand<string, "SessionId">;

/** Joins a command to its outcomes; unique in the life of a log. */
export type RequestId = Brand<number, "RequestId">;

/** The place of an entry in the log, from 1, without gaps. */
export type LogIndex = Brand<number, "LogIndex">;

/** Unix time in milliseconds, carried by a log entry. */
export type TimeMs = Brand<number, "TimeMs">;

/** The number of a grant; every later grant of anything has a higher one. */
export type FencingToken = Brand<number, "FencingToken">;

/** The place of a lock request in the line of its namespace, from 1. */
export type LockNumber = Brand<number, "LockNumber">;

/** A secret by which any session may renew or release a lock; a UUID. */
export type LockKey = Brand<string, "LockKey">;

/** Names an API token. No credential: it appears in logs and admin listings. */
export type ApiTokenId = Brand<string, "ApiTokenId">;

/** A space of lock paths; locks in different namespaces never meet. */
export type Namespace = Brand<string, "Namespace">;
