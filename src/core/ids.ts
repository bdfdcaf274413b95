declare const brand: unique symbol;

/** A `T` that was checked once, where its bytes arrived, and need not be checked again. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A server process with its connections; unique in a cluster, and the same after a restart. */
export type NodeId = Brand<string, "NodeId">;

/** One run of a node, from its start to its end; no two runs of any nodes share it. */
export type RunId = Brand<string, "RunId">;

/** Identifies a session in the log; unique in the life of a log. Not a credential: it appears in logs and admin listings. */
export type SessionId = Brand<string, "SessionId">;

/** Joins a command to its outcomes; unique in the life of a log, whichever node proposes the command. */
export type RequestId = Brand<string, "RequestId">;

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

/** Identifies an API token. Not a credential: it appears in logs and admin listings. */
export type ApiTokenId = Brand<string, "ApiTokenId">;

/** What a user is called, in lower case. */
export type UserName = Brand<string, "UserName">;

/** One value of JSON (RFC 8259) as text, without white space around it; whoever makes it has checked that. */
export type JsonText = Brand<string, "JsonText">;

/** Identifies a task, on all nodes. Who works at it proves so by its session, so the id is no secret. */
export type TaskId = Brand<string, "TaskId">;

/** Identifies a pipe on all nodes. Who knows it may write into the pipe, so nobody can guess it. */
export type PipeId = Brand<string, "PipeId">;

/** A space of lock paths; locks in different namespaces never meet. */
export type Namespace = Brand<string, "Namespace">;
