import {
  call,
  type ExpectedResponse,
  type HeardBy,
  leaves,
  type Move,
  methods,
  mutters,
  ok,
  type Play,
  publish,
  pushed,
  says,
  subscribe,
} from "./case.ts";

const unsubscribe = (...names: readonly string[]) => call(undefined, "/unsubscribe", names);
const event = (data: string | null = null, name = "/cluster/c/e") => pushed(name, data);

/** Over HTTP. */
function posts(
  args: readonly unknown[],
  heard: HeardBy,
  headers: Readonly<Record<string, string>> = {},
): Move {
  const target = `/api${methods.publish}`;
  const answer: ExpectedResponse = { status: 200, body: ok(undefined) };
  return { asks: { target, body: JSON.stringify(args), headers }, answer, heard };
}

const publishPlays: readonly Play[] = [
  {
    see: "5.1",
    rule: "an event is heard by who is subscribed, with its data, and answered without any",
    moves: [
      mutters("b", [subscribe("/cluster/c/e")]),
      says("a", call(1, methods.publish, "c", { name: "e", data: "[1]" }), ok(1), {
        b: [event("[1]")],
      }),
    ],
  },
  {
    see: "5.1",
    rule: "without data there is null",
    moves: [
      mutters("b", [subscribe("/cluster/c/e")]),
      mutters("a", [publish("c", "e")], { b: [event(null)] }),
    ],
  },
  {
    see: "5.1",
    rule: "data is any text, told as it is",
    moves: [
      mutters("b", [subscribe("/cluster/c/e")]),
      ...["", "{nope", "\u0000\u2028<b>", "\ud83d", "😀", '"\\'].map((data) =>
        mutters("a", [publish("c", "e", { data })], { b: [event(data)] }),
      ),
    ],
  },
  {
    see: "5.1",
    rule: "the events of one publisher come in their order",
    moves: [
      mutters("b", [subscribe("/cluster/c/e", "/cluster/c/f")]),
      mutters(
        "a",
        Array.from({ length: 50 }, (_, at) => publish("c", "ef"[at % 2] ?? "", { data: `${at}` })),
        {
          b: Array.from({ length: 50 }, (_, at) => event(`${at}`, `/cluster/c/${"ef"[at % 2]}`)),
        },
      ),
    ],
  },
];

const users = (given: unknown) => publish("c", "e/", { users: given, data: "d" });
const toEach = (...names: readonly string[]) =>
  names.map((name) => event("d", `/cluster/c/e/${name}`));
const everyUser = ["a", "b", "1", "1.5", "null", "true", "undefined", "[object Object]", "d", ""];
const subscribeAll = subscribe(...everyUser.map((user) => `/cluster/c/e/${user}`), "/cluster/c/e");

const namePlays: readonly Play[] = [
  ...(
    [
      ["c", "e", "/cluster/c/e"],
      ["", "", "/cluster//"],
      ["", "e", "/cluster//e"],
      ["a/b", "c/d", "/cluster/a/b/c/d"],
      ["/", "//e", "/cluster/////e"],
      ["*", "#", "/cluster/*/#"],
      ["ü", "😀", "/cluster/ü/😀"],
      ["c", "__proto__", "/cluster/c/__proto__"],
      ["%2F", "..", "/cluster/%2F/.."],
      ["c", "to-rpc/x", "/cluster/c/to-rpc/x"],
    ] as const
  ).map(
    ([cluster, name, full]): Play => ({
      see: "5.2",
      rule: `the event ${JSON.stringify(name)} of ${JSON.stringify(cluster)} is named ${full}`,
      moves:
        name === ""
          ? [
              mutters("b", [subscribe(full)]),
              mutters("a", [publish(cluster, name)], { b: [event(null, "/cluster//")] }),
            ]
          : [
              mutters("b", [subscribe(full)]),
              mutters("a", [publish(cluster, name, { data: "d" })], { b: [event("d", full)] }),
            ],
    }),
  ),
  {
    see: "5.2",
    rule: "names are compared exactly, and none is a pattern",
    moves: [
      mutters("b", [
        subscribe(
          "/cluster/c/E",
          "/cluster/c/e/",
          "/cluster/c/",
          "/cluster/c/*",
          "/cluster/#",
          "/cluster/c/e ",
          "cluster/c/e",
          "c/e",
          "e",
          "*",
          "",
        ),
      ]),
      says("a", call(1, methods.publish, "c", { name: "e" }), ok(1)),
    ],
  },
  {
    see: "5.2",
    rule: "halves of surrogate pairs in names are U+FFFD",
    moves: [
      mutters("b", [subscribe("/cluster/c/x\ud83d")]),
      mutters("a", [publish("c", "x\ude00")], { b: [event(null, "/cluster/c/x\ufffd")] }),
      mutters("b", [subscribe("/cluster/c/y/\ud83d")]),
      mutters("a", [publish("c", "y/", { users: ["\ude00", "\ufffd"] })], {
        b: [event(null, "/cluster/c/y/\ufffd")],
      }),
    ],
  },
  ...(
    [
      ["a", ["a"]],
      ["b", ["b"]],
      [["a"], ["a"]],
      [
        ["a", "b"],
        ["a", "b"],
      ],
      [
        ["b", "a"],
        ["b", "a"],
      ],
      [
        ["a", "a", "b", "a"],
        ["a", "b"],
      ],
      [
        ["a", 1, 1.5, "1"],
        ["a", "1", "1.5"],
      ],
      [["nobody", "a"], ["a"]],
      [[null, true, {}, ["a"], [], "b"], ["b"]],
      [[], []],
      [null, []],
      [undefined, []],
    ] as const
  ).map(
    ([given, hearing]): Play => ({
      see: "5.2",
      rule: `a name with a final slash and the users ${JSON.stringify(given)} is for ${hearing.join() || "nobody"}`,
      moves: [
        mutters("b", [subscribeAll]),
        mutters("a", [users(given)], { b: toEach(...hearing) }),
      ],
    }),
  ),
  {
    see: "5.2",
    rule: "each user hears the event under the name it is subscribed to",
    moves: [
      mutters("b", [subscribe("/cluster/c/e/b")]),
      mutters("c", [subscribe("/cluster/c/e/c")]),
      mutters("d", [subscribe("/cluster/c/e/d", "/cluster/c/e/c")]),
      mutters("a", [users(["b", "c", "d"])], {
        b: toEach("b"),
        c: toEach("c"),
        d: toEach("c", "d"),
      }),
    ],
  },
  {
    see: "5.2",
    rule: "without a final slash users change nothing",
    moves: [
      mutters("b", [subscribeAll]),
      ...["a", ["a", "b"], [], null, [{}]].map((given) =>
        mutters("a", [publish("c", "e", { users: given, data: "d" })], { b: [event("d")] }),
      ),
    ],
  },
];

const hearerPlays: readonly Play[] = [
  {
    see: "5.3",
    rule: "everybody who is subscribed hears it but who publishes",
    moves: [
      mutters("a", [subscribe("/cluster/c/e")]),
      mutters("b", [subscribe("/cluster/c/e")]),
      mutters("c", [subscribe("/cluster/c/e")]),
      says("a", call(1, methods.publish, "c", { name: "e" }), ok(1), {
        b: [event()],
        c: [event()],
      }),
      mutters("b", [publish("c", "e")], { a: [event()], c: [event()] }),
    ],
  },
  {
    see: "5.3",
    rule: "who publishes over HTTP is nobody's connection, so everybody hears it",
    moves: [
      mutters("a", [subscribe("/cluster/c/e", "/cluster/c/e/1")]),
      mutters("b", [subscribe("/cluster/c/e")]),
      posts(["c", { name: "e", data: "d" }], { a: [event("d")], b: [event("d")] }),
      posts(["c", { name: "e/", users: [1], data: "d" }], { a: toEach("1") }),
      posts(["c", { name: "e" }], { a: [event()], b: [event()] }, { "x-api-void-call": "true" }),
    ],
  },
  {
    see: "5.3",
    rule: "who is subscribed twice hears it once",
    moves: [
      mutters("b", [subscribe("/cluster/c/e", "/cluster/c/e"), subscribe("/cluster/c/e")]),
      mutters("a", [publish("c", "e")], { b: [event()] }),
      mutters("b", [unsubscribe("/cluster/c/e")]),
      says("a", call(1, methods.publish, "c", { name: "e" }), ok(1)),
    ],
  },
  {
    see: "5.3",
    rule: "who has unsubscribed hears nothing more of that name, and of others all",
    moves: [
      mutters("b", [subscribe("/cluster/c/e", "/cluster/c/f")]),
      mutters("b", [unsubscribe("/cluster/c/e", "/cluster/c/unknown", "x")]),
      mutters("a", [publish("c", "e"), publish("c", "f")], { b: [event(null, "/cluster/c/f")] }),
      mutters("b", [unsubscribe("/cluster/c/e"), subscribe("/cluster/c/e")]),
      mutters("a", [publish("c", "e")], { b: [event()] }),
    ],
  },
  {
    see: "5.3",
    rule: "who comes late hears nothing of what was before",
    moves: [
      says("a", call(1, methods.publish, "c", { name: "e" }), ok(1)),
      mutters("b", [subscribe("/cluster/c/e")]),
      mutters("a", [publish("c", "e", { data: "2" })], { b: [event("2")] }),
    ],
  },
  {
    see: "5.3",
    rule: "subscriptions end with the connection",
    moves: [
      mutters("b", [subscribe("/cluster/c/e")]),
      mutters("c", [subscribe("/cluster/c/e")]),
      leaves("b"),
      mutters("a", [publish("c", "e")], { c: [event()] }),
    ],
  },
  {
    see: "5.3",
    rule: "a name that is too long to be subscribed to ends the connection",
    moves: [
      {
        who: "b",
        sends: [subscribe("/cluster/c/e", `/cluster/${"x".repeat(1025)}`)],
        heard: { b: [{ close: 1008, reason: "a topic has at most 1024 bytes" }] },
      },
    ],
  },
  {
    see: "5.3",
    rule: "more subscriptions than are allowed end the connection",
    moves: [
      {
        who: "b",
        sends: [subscribe(...Array.from({ length: 10_001 }, (_, at) => `/cluster/c/${at}`))],
        heard: { b: [{ close: 1008, reason: "a session has at most 10000 subscriptions" }] },
      },
    ],
  },
];

export const eventPlays: readonly Play[] = [...publishPlays, ...namePlays, ...hearerPlays];
