import {
  alive,
  type Case,
  cookieOf,
  jsonType,
  locked,
  opening,
  outside,
  post,
  request,
  type Story,
} from "./case.ts";

const lockA = '{"name":"A"}';
const grantedA = locked({ name: "A", key: "<uuid>" });
const heldA = alive(200, '{"locked":false,"name":"A","key":"<uuid>"}');

const basic = (credentials: string): string =>
  `Authorization: Basic ${Buffer.from(credentials).toString("base64")}`;

const passwordNeeded = {
  status: 401,
  headers: {
    "WWW-Authenticate": 'Basic realm="Restricted"',
    "Content-Type": null,
    "Set-Cookie": null,
  },
  body: "",
};

const guarded: readonly Case[] = [
  {
    see: "4.3",
    that: "without the password there is no session",
    send: request("POST /session", { cookie: null }),
    expect: passwordNeeded,
  },
  {
    see: "4.3",
    that: "a wrong password is as good as none",
    send: request("POST /session", { cookie: null, headers: [basic(":mypasswort")] }),
    expect: passwordNeeded,
  },
  {
    ...opening,
    that: "the password opens a session, with an empty user name",
    send: request("POST /session", { cookie: null, headers: [basic(":my:password")] }),
  },
  {
    see: "4.3",
    that: "the cookie does not stand for the password",
    send: post("/v1/lock", lockA),
    expect: passwordNeeded,
  },
  {
    see: "4.3",
    that: "with any user name, the password and the cookie together are enough",
    send: request("POST /v1/lock", { headers: [basic("me:my:password")], body: lockA }),
    expect: grantedA,
  },
  {
    see: "4.3",
    that: "the scheme must be spelled as usual",
    send: request("GET /nowhere", { headers: [basic(":my:password").replace("Basic", "BASIC")] }),
    expect: passwordNeeded,
  },
];

const own = "Origin: http://localhost:8080";
const listed = "Origin: https://app.example.com";
const foreign = outside(403, '{"code":7,"message":"Origin Not Allowed","details":[]}');
const plainType = "Content-Type: text/plain";

const browsing: readonly Case[] = [
  opening,
  ...["http://evil.example", "http://localhost:8081", "null"].map(
    (origin): Case => ({
      see: "4.4",
      that: `a page of ${origin} can do nothing, in whatever session`,
      send: request("POST /v1/lock", {
        headers: [`Origin: ${origin}`, jsonType],
        body: lockA,
      }),
      expect: foreign,
    }),
  ),
  {
    see: "4.4",
    that: "a foreign page can end no session",
    send: request("DELETE /session", { headers: ["Origin: http://evil.example"] }),
    expect: foreign,
  },
  {
    see: "4.4",
    that: "a page of this host must send JSON as JSON",
    send: request("POST /v1/lock", { headers: [own, plainType], body: lockA }),
    expect: alive(415, '{"code":3,"message":"Content-Type must be application/json","details":[]}'),
  },
  {
    see: "4.4",
    that: "a page of this host that does so can lock",
    send: request("POST /v1/lock", { headers: [own, jsonType], body: lockA }),
    expect: grantedA,
  },
  {
    see: "4.4",
    that: "so can a page of a listed origin",
    send: request("POST /v1/lock", {
      headers: [listed, `${jsonType}; charset=utf-8`],
      body: lockA,
    }),
    expect: heldA,
  },
  {
    see: "4.4",
    that: "a page need not give the type of what it does not send",
    send: request("POST /session", { cookie: null, headers: [own] }),
    expect: alive(201, '{"session_id": "<session-b>"}', "<session-b>"),
  },
  {
    see: "4.1",
    that: "who is no page may send any type",
    send: request("POST /v1/lock", { headers: [plainType], body: lockA }),
    expect: heldA,
  },
];

const secureCookie = `${cookieOf("<session-a>")}; Secure`;

export const accessStories: readonly Story[] = [
  { title: "password", settings: { password: "my:password" }, cases: guarded },
  {
    title: "browsers",
    settings: { allowedOrigins: ["https://app.example.com"] },
    cases: browsing,
  },
  {
    title: "TLS",
    settings: { isTls: true },
    cases: [
      {
        ...opening,
        see: "4.2",
        that: "under TLS the cookie never travels in clear text",
        expect: {
          status: 201,
          headers: { "Set-Cookie": secureCookie },
          body: '{"session_id": "<session-a>"}',
        },
      },
      {
        see: "4.2",
        that: "nor does it when an answer sets it again",
        send: post("/v1/lock", lockA),
        expect: { ...grantedA, headers: { ...grantedA.headers, "Set-Cookie": secureCookie } },
      },
      {
        see: "4.4",
        that: "a page of this host that came in clear is a foreign one",
        send: request("POST /v1/lock", { headers: [own, jsonType], body: lockA }),
        expect: foreign,
      },
      {
        see: "4.4",
        that: "a page of this host that came over TLS can lock",
        send: request("POST /v1/lock", {
          headers: ["Origin: https://localhost:8080", jsonType],
          body: lockA,
        }),
        expect: { ...heldA, headers: { ...heldA.headers, "Set-Cookie": secureCookie } },
      },
      {
        see: "4.2",
        that: "the end of a session empties its cookie",
        send: request("DELETE /session"),
        expect: {
          status: 200,
          headers: { "Set-Cookie": "ldlm-session=; Path=/" },
          body: '{"session_id": ""}',
        },
      },
    ],
  },
];
