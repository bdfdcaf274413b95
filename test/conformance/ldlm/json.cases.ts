import { alive, type Case, locked, opening, post, request, type Story, utf8 } from "./case.ts";

function read(that: string, body: string, name = "A"): Case {
  const lease = /timeoutSeconds/i.test(body);
  const expect = locked({ name, key: "<uuid>" }, { lease });
  return { see: "4.1", that, send: post("/v1/lock", body), expect };
}

function refused(body: string, message: string): Case {
  return {
    see: "4.3",
    that: `${JSON.stringify(body).slice(0, 60)} is refused`,
    send: post("/v1/lock", body),
    expect: alive(400, JSON.stringify({ code: 3, message, details: [] })),
  };
}

const empty = alive(
  200,
  '{"locked":false,"name":"","key":"<uuid>","error":{"code":"Unknown","message":"lock name cannot be empty"}}',
);

const lenient: readonly Case[] = [
  opening,
  read("white space does not matter", '\r\n\t {"name" : "A"}\n'),
  {
    see: "4.1",
    that: "no content type is needed",
    send: request("POST /v1/lock", { body: '{"name":"typeless"}' }),
    expect: locked({ name: "typeless", key: "<uuid>" }),
  },
  {
    see: "4.1",
    that: "the query is ignored",
    send: post("/v1/lock?name=C&size=0", '{"name":"B"}'),
    expect: locked({ name: "B", key: "<uuid>" }),
  },
  read("camel case is a name, too", '{"name":"C","lockTimeoutSeconds":5}', "C"),
  read(
    "unknown fields are ignored",
    '{"name":"D","wait_timeout_seconds":5,"NAME":7,"x":[{}]}',
    "D",
  ),
  read("unknown fields may be repeated", '{"x":1,"name":"E","x":{"name":2}}', "E"),
  read("null is unset", '{"name":"F","size":null,"lock_timeout_seconds":null}', "F"),
  ...['"3"', '"3e0"', "3.0", "0.3e1", '"3.0"', "30E-1"].map((size) =>
    read(
      `${size} is the integer 3`,
      `{"name":"size ${size.replaceAll('"', "")}","size":${size}}`,
      `size ${size.replaceAll('"', "")}`,
    ),
  ),
  read("escapes are read", '{"n\\u0061me":"\\u0047\\ud83d\\udd11"}', "G🔑"),
  read("names are UTF-8", utf8('{"name":"Hä"}'), "Hä"),
  read("text after the first value is ignored", '{"name":"I"}{"name":2}]', "I"),
  read("__proto__ is an unknown field", '{"__proto__":{"name":"no","size":0},"name":"J"}', "J"),
  {
    see: "4.1",
    that: "an empty body is an empty request",
    send: request("POST /v1/lock"),
    expect: empty,
  },
  { see: "4.1", that: "so is white space", send: post("/v1/lock", " \r\n"), expect: empty },
  { see: "4.1", that: "so is an empty object", send: post("/v1/lock", "{}"), expect: empty },
];

const strict: readonly Case[] = [
  opening,
  refused("{nope", "invalid character 'n' looking for beginning of object key string"),
  refused('{"name":"A"', "unexpected EOF"),
  refused("name=A", "invalid character 'a' looking for beginning of value"),
  refused('["A"]', "the body is not a JSON object"),
  refused('"A"', "the body is not a JSON object"),
  refused("null", "the body is not a JSON object"),
  refused('{"name":1}', "invalid value for string field name"),
  refused('{"name":"\\udd11"}', "invalid value for string field name"),
  ...[
    "1.5",
    '"1.5"',
    '""',
    '" 3"',
    "true",
    "[3]",
    "2147483648",
    "-2147483649",
    '"1e10"',
    "1e999",
  ].map((size) => refused(`{"name":"A","size":${size}}`, "invalid value for int32 field size")),
  refused('{"name":"A","name":"A"}', 'duplicate field "name"'),
  refused('{"size":null,"name":"A","size":1}', 'duplicate field "size"'),
  refused(
    '{"lockTimeoutSeconds":1,"name":"A","lock_timeout_seconds":1}',
    'duplicate field "lock_timeout_seconds"',
  ),
  refused('{"name":"\xff"}', "invalid UTF-8"),
  refused(`{"name":"A","x":${"[".repeat(64)}${"]".repeat(64)}}`, "exceeded max depth"),
  refused("[".repeat(100_000), "exceeded max depth"),
];

export const jsonStories: readonly Story[] = [
  { title: "what JSON is taken", settings: {}, cases: lenient },
  { title: "what JSON is refused", settings: {}, cases: strict },
];
