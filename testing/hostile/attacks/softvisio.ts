import { call, methods } from "../../../test/conformance/softvisio/case.ts";
import { type Attack, fillSeconds, type Target } from "../attack.ts";
import { frame, opcodes, textFrame } from "../websocket-frames.ts";
import {
  askOn,
  assemble,
  batch,
  crowd,
  openSocket,
  openWebSocket,
  pour,
  repeated,
} from "../wire.ts";
import { softvisioPath } from "./websocket.ts";

const mebibyte = 1024 * 1024;

/** An id of objects, which take much more memory than their text. */
const objects = `[${"{},".repeat(mebibyte / 3 - 100)}{}]`;
const callWithObjects = textFrame(
  `{"jsonrpc":"2.0","id":${objects},"method":"${methods.lock}","params":["huge-id"]}`,
);

async function waitWithHugeId(target: Target): Promise<void> {
  const socket = await openWebSocket(target, softvisioPath);
  socket.write(callWithObjects);
}

async function subscribe(target: Target, names: readonly string[]) {
  const socket = await openWebSocket(target, softvisioPath);
  socket.write(textFrame(call(undefined, "/subscribe", names)));
  // It is answered behind the subscription, on which there is no answer.
  await askOn(socket, textFrame(call(1, "/healthcheck")));
  return socket;
}

/** 100 names of 100 bytes to a message, as many as a connection may have. */
async function subscribeAll(target: Target, place: number): Promise<void> {
  const socket = await subscribe(target, []);
  for (let hundred = 0; hundred < 100; hundred += 1) {
    const names = Array.from(
      { length: 100 },
      (_, name) => `/cluster/${"s".repeat(80)}/${place}-${hundred}-${name}`,
    );
    await askOn(
      socket,
      Buffer.concat([
        textFrame(call(undefined, "/subscribe", names)),
        textFrame(call(1, "/healthcheck")),
      ]),
    );
  }
}

const users = Array.from({ length: 9_999 }, (_, user) => user.toString(36));
const toNobody = textFrame(call(undefined, methods.publish, "c", { name: "e/", users }));

const eventData = "x".repeat(32 * 1024);
const event = textFrame(call(undefined, methods.publish, "c", { name: "e", data: eventData }));

async function putToSleep(target: Target): Promise<void> {
  await assemble(target, 100, async () => {
    const socket = await subscribe(target, ["/cluster/c/e"]);
    socket.pause();
  });
}

async function publishToSleepers(target: Target): Promise<void> {
  await crowd(target, 2, async () => {
    const socket = await openWebSocket(target, softvisioPath);
    await pour(target, socket, () => event);
  });
}

const wrongToken = "Sec-WebSocket-Protocol: jsonrpc_2.0, hft_wrong";
const httpWithWrongToken =
  "POST /api/v1/mutexes/is-locked HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n" +
  'Content-Type: application/json\r\nContent-Length: 5\r\n\r\n["m"]';

export const softvisioAttacks: readonly Attack[] = [
  {
    name: "softvisio-huge-ids",
    seconds: fillSeconds,
    does: "3,000 calls that wait, each with an id of 1 MiB of objects, on as many connections",
    run: (target) => assemble(target, 3000, () => waitWithHugeId(target)),
  },
  {
    name: "softvisio-huge-ids-on-one",
    seconds: fillSeconds,
    does: "calls that wait, each with an id of 1 MiB of text, on one connection",
    run: (target) =>
      crowd(target, 1, async () => {
        const socket = await openWebSocket(target, softvisioPath);
        let place = 0;
        await pour(target, socket, () => {
          place += 1;
          return textFrame(call(`${place}${"i".repeat(mebibyte - 200)}`, methods.lock, "huge-id"));
        });
      }),
  },
  {
    name: "softvisio-waiters",
    seconds: fillSeconds,
    does: "calls that wait for one mutex, as many as each of 100 connections may have",
    run: (target) =>
      assemble(target, 100, async () => {
        const socket = await openWebSocket(target, softvisioPath);
        socket.write(repeated(textFrame(call("w", methods.lock, "crowded")), 10_000));
      }),
  },
  {
    name: "publications-to-nobody",
    does: "publications to 9,999 users who are not subscribed, on one connection",
    run: (target) =>
      crowd(target, 1, async () => {
        const socket = await openWebSocket(target, softvisioPath);
        await pour(target, socket, () => toNobody);
      }),
  },
  {
    name: "publications-to-nobody-8",
    does: "the same on 8 connections",
    run: (target) =>
      crowd(target, 8, async () => {
        const socket = await openWebSocket(target, softvisioPath);
        await pour(target, socket, () => toNobody);
      }),
  },
  {
    name: "subscriptions",
    seconds: fillSeconds,
    does: "1,000,000 subscriptions, 10,000 on each of 100 connections",
    run: (target) => assemble(target, 100, (place) => subscribeAll(target, place)),
  },
  {
    name: "subscription-churn",
    does: "a subscription of 100 names and its end, again and again, on 8 connections",
    run: (target) =>
      crowd(target, 8, async (place) => {
        const names = Array.from({ length: 100 }, (_, name) => `/cluster/churn/${place}-${name}`);
        const both = ["/subscribe", "/unsubscribe"].map((method) => call(undefined, method, names));
        const piece = batch(Buffer.concat(both.map(textFrame)));
        const socket = await openWebSocket(target, softvisioPath);
        await pour(target, socket, () => piece);
      }),
  },
  {
    name: "sleeping-subscribers",
    does: "events of 32 KiB as fast as they are taken, to 100 subscribers that do not read",
    prepare: putToSleep,
    run: publishToSleepers,
  },
  {
    name: "wrong-tokens",
    does: "upgrades and HTTP calls with wrong tokens, 64 at once",
    argv: ["--softvisio-require-token"],
    run: (target) =>
      crowd(target, 64, async (place) => {
        if (place % 2 === 0) {
          const socket = await openSocket(target);
          const piece = batch(httpWithWrongToken);
          await pour(target, socket, () => piece);
        } else {
          const socket = await openWebSocket(target, softvisioPath, wrongToken);
          const piece = batch(textFrame(call(1, methods.isLocked, "m")));
          await pour(target, socket, () => piece);
        }
      }),
  },
  {
    name: "closes-without-end",
    does: "a WebSocket that is opened and closed with a frame of goodbye, 64 at once",
    run: (target) =>
      crowd(target, 64, async () => {
        const socket = await openWebSocket(target, softvisioPath);
        await askOn(socket, frame(opcodes.close, Buffer.of(3, 232)));
        socket.destroy();
        target.count("websockets");
      }),
  },
];
