/**
 * The stories of this folder before a whole server, through a socket. Each is told request by
 * request, byte by byte, and with as many requests together as need not wait for an answer; the
 * answers must not change.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Feeding, feed, feedings } from "../../../testing/feeding.ts";
import { startInProcess } from "../../../testing/in-process-server.ts";
import { connectRaw, type RawClient } from "../../../testing/loopback.ts";
import { createTlsFiles } from "../../../testing/tls-files.ts";
import { readResponses, type WireResponse } from "../../../testing/wire-responses.ts";
import type { Case, Expected, Settings, Story } from "./case.ts";
import { stories } from "./rest.cases.ts";
import { assertMatches, type Bindings, rawRequest } from "./template.ts";

describe("LDLM REST through a socket", { concurrency: 4 }, () => {
  for (const story of stories) {
    for (const feeding of feedings) {
      test(`${story.title} (${feeding})`, { skip: obstacleTo(story) }, () => tell(story, feeding));
    }
  }
});

/** Why the story cannot be told here. */
function obstacleTo({ cases }: Story): string | false {
  return cases.some(({ afterMs = 0 }) => afterMs > 0) && "it needs a clock that can be set";
}

async function tell({ settings, cases }: Story, feeding: Feeding): Promise<void> {
  using tls = settings.isTls === true ? createTlsFiles() : undefined;
  await using server = await startInProcess({ ...flagsOf(settings), ...tls?.flags });
  const client = await connectRaw(server.portOf("ldlmRest"), tls?.client);
  const bindings: Bindings = new Map();
  let answered: readonly Case[] = [];
  for (const group of feeding === "glued" ? groupsOf(cases) : cases.map((each) => [each])) {
    const requests = group.map(({ send }) => rawRequest(send, bindings));
    await feed(client, requests, feeding);
    const responses = await responsesTo(client, [...answered, ...group]);
    for (const [place, { see, that, expect }] of group.entries()) {
      const response = responses[answered.length + place];
      assertResponse(response, expect, { bindings, where: `${see}: ${that}` });
    }
    answered = [...answered, ...group];
  }
  client.socket.end();
  assert.equal(readResponses(await client.closed(), answered.map(methodOf)).rest, "");
}

function flagsOf({ password, allowedOrigins }: Settings): Readonly<Record<string, string>> {
  return {
    ...(password !== undefined && { "--ldlm-password": password }),
    ...(allowedOrigins !== undefined && { "--allowed-origins": allowedOrigins.join() }),
  };
}

/** Cuts the story wherever a request names what only the answer to one in its group will tell. */
function groupsOf(cases: readonly Case[]): readonly (readonly Case[])[] {
  const groups: Case[][] = [];
  let untold = new Set<string>();
  for (const each of cases) {
    const needed = namesIn(each.send);
    if (groups.length === 0 || needed.some((name) => untold.has(name))) {
      groups.push([]);
      untold = new Set();
    }
    groups.at(-1)?.push(each);
    for (const name of namesIn(each.expect.body)) untold.add(name);
  }
  return groups;
}

function namesIn(template: string): readonly string[] {
  return [...template.matchAll(/<((?:session|uuid)-[a-z0-9]+)>/g)].map(([, name = ""]) => name);
}

async function responsesTo(
  client: RawClient,
  cases: readonly Case[],
): Promise<readonly WireResponse[]> {
  const read = () => readResponses(client.received(), cases.map(methodOf)).responses;
  await client.until(() => read().length === cases.length);
  return read();
}

function methodOf({ send }: Case): string {
  return send.slice(0, send.indexOf(" "));
}

function assertResponse(
  response: WireResponse | undefined,
  expect: Expected,
  { bindings, where }: { readonly bindings: Bindings; readonly where: string },
): void {
  assert.equal(response?.status, expect.status, where);
  assertMatches(Buffer.from(response.body, "latin1").toString(), expect.body, bindings);
  for (const [name, template] of Object.entries(expect.headers)) {
    const value = response.headers.get(name.toLowerCase());
    if (template === null) assert.equal(value, undefined, `${where}: ${name} must not be there`);
    else assertMatches(value ?? "(absent)", template, bindings);
  }
}
