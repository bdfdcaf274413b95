/** Requests of pages of some origin, and without a token that opens. */
import { call } from "./case.ts";
import { countInvalid, free, type HttpCase, look, refused, voidHeader } from "./http.cases.ts";

/** What the server of `listing` allows. */
export const listedOrigin = "https://page.example";

const listed = { "Access-Control-Allow-Origin": listedOrigin, Vary: "Origin" };
const preflight = { origin: listedOrigin, "access-control-request-method": "POST" };
const strange = { origin: "https://strange.example" };
const forbidden = refused(403, -32811);

const originCases: readonly HttpCase[] = [
  look(
    "a page of a listed origin may read the answer",
    '["m"]',
    { ...free, headers: listed },
    {
      headers: { origin: listedOrigin },
    },
  ),
  look(
    "a page of a listed origin may read errors",
    "[]",
    { ...refused(400, -32808, countInvalid), headers: listed },
    {
      headers: { origin: listedOrigin },
    },
  ),
  look("a page from elsewhere may not ask", '["m"]', forbidden, { headers: strange }),
  look(
    "the preflight of a listed origin is answered",
    "",
    {
      status: 204,
      body: "",
      headers: {
        ...listed,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "authorization, content-type, x-api-void-call",
      },
    },
    { method: "OPTIONS", headers: preflight },
  ),
  look("the preflight from elsewhere is refused", "", forbidden, {
    method: "OPTIONS",
    headers: { ...preflight, ...strange },
  }),
  look("a program, which sends no origin, may ask", '["m"]', free),
].map((row) => ({ ...row, server: "listing" }));

const ownOriginCases: readonly HttpCase[] = [
  look("the origin is looked at before the verb", "", forbidden, {
    method: "PUT",
    headers: strange,
  }),
  look("a page of our own may ask", '["m"]', free, { headers: { origin: "http://localhost" } }),
  look("a page from elsewhere may not ask, when none is listed", '["m"]', forbidden, {
    headers: strange,
  }),
  look("a page of no origin may not ask", '["m"]', forbidden, { headers: { origin: "null" } }),
];

const noToken = refused(401, -32812);

const guardedCases: readonly HttpCase[] = [
  look("the verb is looked at before the token", "", refused(405, -32804), { method: "PUT" }),
  look("the token is before the type", '["m"]', noToken, {
    headers: { "content-type": "text/plain" },
  }),
  look("without a token nothing is told", '["m"]', noToken),
  ...[
    "Bearer",
    "Bearer nope",
    "nope",
    `Bearer hf_${"0".repeat(12)}_${"0".repeat(32)}`,
    "Basic cm9vdDpyb290",
  ].map((authorization) =>
    look(`${authorization} opens nothing`, '["m"]', noToken, { headers: { authorization } }),
  ),
  look("an unknown method is not told from a known one", call(1, "/nope"), noToken),
  look("what cannot be decoded is not, either", "nope", noToken),
  look("a void call is refused, too", '["m"]', noToken, { headers: voidHeader }),
  {
    see: "7",
    rule: "the schema is not told",
    ask: { method: "GET", target: "/api/schema" },
    expect: noToken,
  },
].map((row) => ({ ...row, see: "7", server: "guarded" }));

export const accessCases: readonly HttpCase[] = [
  ...originCases,
  ...ownOriginCases,
  ...guardedCases,
];
