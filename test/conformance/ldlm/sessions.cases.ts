import {
  alive,
  type Case,
  cookieMissing,
  cookieOf,
  curlType,
  locked,
  opening,
  outside,
  post,
  request,
  type Story,
  sessionOver,
} from "./case.ts";

const notFound = alive(404, '{"code":5,"message":"Not Found","details":[]}');
const notAllowed = alive(501, '{"code":12,"message":"Method Not Allowed","details":[]}');
const lockA = '{"name":"A"}';
const grantedA = locked({ name: "A", key: "<uuid>" });
const heldA = alive(200, '{"locked":false,"name":"A","key":"<uuid>"}');
const unknown = "ldlm-session=00000000000000000000000000000000";

const routes: readonly Case[] = [
  opening,
  {
    see: "4.1",
    that: "POST /session ignores body, query and cookie, and opens another session",
    send: request("POST /session?session_id=1", { headers: [curlType], body: "{nope" }),
    expect: alive(201, '{"session_id": "<session-b>"}', "<session-b>"),
  },
  {
    see: "4",
    that: "without a cookie a call is refused",
    send: request("POST /v1/lock", { cookie: null, headers: [curlType], body: lockA }),
    expect: cookieMissing,
  },
  {
    see: "4",
    that: "without a cookie every other path and method is refused, too, and not searched for",
    send: request("GET /nowhere", { cookie: null }),
    expect: cookieMissing,
  },
  {
    see: "4",
    that: "without a cookie GET /session is refused",
    send: request("GET /session", { cookie: null }),
    expect: cookieMissing,
  },
  {
    see: "4.2",
    that: "cookies of other names are no session",
    send: request("POST /v1/lock", { cookie: "session=<session-a>", body: lockA }),
    expect: cookieMissing,
  },
  {
    see: "4.2",
    that: "the cookie is found among others",
    send: request("GET /nowhere", { cookie: "a=1; ldlm-session=<session-a>; b=2" }),
    expect: notFound,
  },
  {
    see: "4.3",
    that: "an unknown session is refused",
    send: request("POST /v1/lock", { cookie: unknown, body: lockA }),
    expect: sessionOver,
  },
  {
    see: "4.3",
    that: "an empty cookie is an unknown session",
    send: request("GET /nowhere", { cookie: "ldlm-session=" }),
    expect: sessionOver,
  },
  {
    see: "4.3",
    that: "a bad body of an unknown session is answered for the session",
    send: request("POST /v1/lock", { cookie: unknown, body: "nope" }),
    expect: sessionOver,
  },
  ...[
    "GET /nowhere",
    "POST /v1/lock/",
    "GET /",
    "GET /session/",
    "GET /session",
    "PUT /session",
  ].map(
    (line): Case => ({
      see: "4.3",
      that: `${line} is not found`,
      send: request(line),
      expect: notFound,
    }),
  ),
  ...["GET /v1/lock", "PUT /v1/unlock", "DELETE /v1/renew", "OPTIONS /v1/lock"].map(
    (line): Case => ({
      see: "4.3",
      that: `${line} is the wrong method, and opens nothing to other origins`,
      send: request(line),
      expect: {
        ...notAllowed,
        headers: { ...notAllowed.headers, "Access-Control-Allow-Origin": null },
      },
    }),
  ),
];

const ends: readonly Case[] = [
  opening,
  {
    see: "4.1",
    that: "a second session is opened",
    send: request("POST /session"),
    expect: alive(201, '{"session_id": "<session-b>"}', "<session-b>"),
  },
  { see: "4.1", that: "the first takes a lock", send: post("/v1/lock", lockA), expect: grantedA },
  {
    see: "4.3",
    that: "DELETE /session without a cookie is refused",
    send: request("DELETE /session", { cookie: null }),
    expect: outside(500, '{"error":"http: named cookie not present"}'),
  },
  {
    see: "4.3",
    that: "DELETE /session of an unknown session is refused",
    send: request("DELETE /session", { cookie: unknown }),
    expect: outside(409, '{"error": "session not found"}'),
  },
  {
    see: "4.1",
    that: "DELETE /session ends the session and empties the cookie",
    send: request("DELETE /session"),
    expect: {
      status: 200,
      headers: { "Content-Type": "application/json", "Set-Cookie": "ldlm-session=; Path=/" },
      body: '{"session_id": ""}',
    },
  },
  {
    see: "4.3",
    that: "DELETE /session a second time is refused",
    send: request("DELETE /session"),
    expect: outside(409, '{"error": "session not found"}'),
  },
  {
    see: "4.3",
    that: "the cookie of a deleted session is dead",
    send: post("/v1/lock", lockA),
    expect: sessionOver,
  },
  {
    see: "4.1",
    that: "what the deleted session held is free",
    send: request("POST /v1/lock", { cookie: "ldlm-session=<session-b>", body: lockA }),
    expect: { ...grantedA, headers: { "Set-Cookie": cookieOf("<session-b>") } },
  },
];

const idling: readonly Case[] = [
  opening,
  { see: "4.2", that: "a lock is taken", send: post("/v1/lock", lockA), expect: grantedA },
  {
    see: "4.2",
    that: "a request just before the idle time is over keeps the session",
    afterMs: 599_999,
    send: request("GET /nowhere"),
    expect: notFound,
  },
  {
    see: "4.2",
    that: "and starts the idle time anew, so that the lock is still held",
    afterMs: 599_999,
    send: post("/v1/lock", lockA),
    expect: heldA,
  },
  {
    see: "4.2",
    that: "a bad body is a sign of life, too",
    afterMs: 599_999,
    send: post("/v1/lock", "nope"),
    expect: alive(
      400,
      `{"code":3,"message":"invalid character 'o' looking for beginning of value","details":[]}`,
    ),
  },
  {
    see: "4.2",
    that: "after the idle time the session is over",
    afterMs: 600_001,
    send: post("/v1/lock", lockA),
    expect: sessionOver,
  },
  { ...opening, expect: alive(201, '{"session_id": "<session-b>"}', "<session-b>") },
  {
    see: "4.2",
    that: "and its lock is free",
    send: request("POST /v1/lock", { cookie: "ldlm-session=<session-b>", body: lockA }),
    expect: locked({ name: "A", key: "<uuid>" }, { session: "<session-b>" }),
  },
];

export const sessionStories: readonly Story[] = [
  { title: "routes", settings: {}, cases: routes },
  { title: "ends of sessions", settings: {}, cases: ends },
  { title: "idle sessions", settings: {}, cases: idling },
];
