/** What is said and heard in softvisio's API; docs/protocols/softvisio.md, section 5. */
const data = JSON.stringify(["an event of forty characters or so"]);

export const subscribeText = '{"method":"/subscribe","params":[["/cluster/b/e"]]}';

export const publishText = JSON.stringify({
  method: "/v1/events/publish",
  params: ["b", { name: "e", data }],
});

export const eventText = JSON.stringify({
  jsonrpc: "2.0",
  method: "/publish",
  params: ["/cluster/b/e", data],
});
