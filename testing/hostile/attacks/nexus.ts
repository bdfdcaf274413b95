/** Clients of Nexus over TCP and over its HTTP bridge. */
import type { Socket } from "node:net";
import { type NexusPeer, peerOver } from "../../nexus-peer.ts";
import { type Attack, fillSeconds, type Target } from "../attack.ts";
import {
  askOn,
  assemble,
  batch,
  crowd,
  nextTurn,
  openSocket,
  pour,
  pourOnAll,
  repeated,
  taken,
} from "../wire.ts";
import { pipelined, post } from "./http.ts";

function call(method: string, params: object = {}, id: number | string = 1): string {
  return JSON.stringify({ id, method, params });
}

/** The same bytes on so many connections, as fast as they are read. */
function flood(name: string, does: string, bytes: string, connections: number): Attack {
  return {
    name: `nexus-${name}-${connections}`,
    does: `${does}, on ${connections} connections`,
    run: (target) => pourOnAll(target, connections, batch(bytes)),
  };
}

/** What only a user may do, and an attacker with a stolen password does. */
const insider = ["--nexus-nobody-tags", "@admin"];

/** Returns the id of a new pipe of the connection. */
async function makePipe(socket: Socket, params = {}): Promise<string> {
  const answer = await askOn(socket, call("pipe.create", params));
  return JSON.parse(answer).result.pipeid;
}

/** Makes a pipe on a connection of its own, which stays. */
async function openPipe(target: Target) {
  const socket = await openSocket(target);
  return { socket, pipeid: await makePipe(socket, { len: 100_000 }) };
}

const pipesOfConnection = repeated(call("pipe.create"), 10_000);

async function openManyPipes(target: Target): Promise<void> {
  await assemble(target, 10, async () => {
    const socket = await openSocket(target);
    await askOn(socket, pipesOfConnection);
  });
}

async function fillPipes(target: Target): Promise<void> {
  await crowd(target, 16, async () => {
    const { socket, pipeid } = await openPipe(target);
    const piece = Buffer.from(call("pipe.write", { pipeid, msg: "m".repeat(60_000) }));
    await pour(target, socket, () => piece);
    socket.destroy();
  });
}

/** As many messages with each write as it may have. */
async function fillPipesAtOnce(target: Target): Promise<void> {
  await crowd(target, 8, async () => {
    const { socket, pipeid } = await openPipe(target);
    const msg = Array(32_768).fill(0);
    const piece = Buffer.from(call("pipe.write", { pipeid, msg, multi: true }));
    await pour(target, socket, () => piece);
    socket.destroy();
  });
}

/** Messages of 100 bytes, each of which came with 900,000 bytes that its pipe drops. */
async function keepPartsOfWrites(target: Target): Promise<void> {
  const msg = ["m".repeat(100), "m".repeat(900_000)];
  await assemble(target, 16, async () => {
    const socket = await openSocket(target);
    for (let pipes = 0; pipes < 500; pipes += 1) {
      const pipeid = await makePipe(socket, { len: 1 });
      await askOn(socket, call("pipe.write", { pipeid, msg, multi: true }));
    }
  });
}

/** Reads that wait, with ids as long as they may be. */
async function waitOnPipes(target: Target): Promise<void> {
  await assemble(target, 50, async () => {
    const { socket, pipeid } = await openPipe(target);
    for (let reads = 0; reads < 10_000; reads += 100) {
      const id = "i".repeat(1000);
      socket.write(repeated(call("pipe.read", { pipeid }, id), 100));
      await nextTurn();
    }
  });
}

async function publishToPipes(target: Target): Promise<void> {
  const subscriber = await openSocket(target);
  const pipes = 1000;
  for (let made = 0; made < pipes; made += 1) {
    const pipeid = await makePipe(subscriber);
    await askOn(subscriber, call("topic.sub", { pipeid, topic: "crowd.*" }));
  }
  const piece = batch(call("topic.pub", { topic: "crowd.a", msg: "m".repeat(100) }));
  await pourOnAll(target, 8, piece);
}

function push(params: unknown, options: object = {}): string {
  return call("task.push", { method: "crowd.task", params, detach: true, ttl: 1e9, ...options });
}

/** Each at a path of its own, with an id as long as it may be. */
async function waitForTasks(target: Target): Promise<void> {
  let paths = 0;
  await assemble(target, 50, async () => {
    const socket = await openSocket(target);
    for (let pulls = 0; pulls < 10_000; pulls += 100) {
      const calls = Array.from({ length: 100 }, () => {
        paths += 1;
        return call("task.pull", { prefix: `crowd.${paths}` }, "i".repeat(1000));
      });
      socket.write(calls.join(""));
      await nextTurn();
    }
  });
}

/** A large task goes to a worker and back, again and again. */
async function throwTasksBack(target: Target): Promise<void> {
  await crowd(target, 8, async () => {
    const peer = peerOver(await openSocket(target));
    await Promise.race([peer.closed, throwBack(target, peer)]);
    peer.end();
  });
}

async function throwBack(target: Target, { ask }: NexusPeer): Promise<void> {
  await ask("task.push", {
    method: "crowd.task",
    params: "p".repeat(900_000),
    detach: true,
    ttl: 1e9,
  });
  for (let turns = 0; turns < 100; turns += 1) {
    const { taskid } = await ask<{ readonly taskid: string }>("task.pull", { prefix: "crowd" });
    target.count("attempts");
    await ask("task.reject", { taskid });
  }
}

/** A thousand tasks go back with each connection that ends. */
async function leaveWithTasks(target: Target): Promise<void> {
  const pulls = repeated(call("task.pull", { prefix: "crowd" }), 1000);
  const pusher = await openSocket(target);
  pusher.write(repeated(push(null), 2000));
  await crowd(target, 4, async () => {
    const socket = await openSocket(target);
    await askOn(socket, pulls);
    socket.destroy();
    target.count("connections");
  });
}

async function listTasks(target: Target): Promise<void> {
  const pusher = await openSocket(target);
  await askOn(pusher, repeated(push("p".repeat(500)), 10_000));
  await pourOnAll(target, 8, batch(call("task.list", { limit: 0, filter: "(x|y)*z" })));
}

/** A value that does not end, a little shorter than a message may be. */
const unfinished = Buffer.from(`{"id":1,"method":"sys.ping","params":["${"a".repeat(1_000_000)}`);

async function leaveUnfinished(target: Target): Promise<void> {
  await assemble(target, 3000, async () => {
    const socket = await openSocket(target);
    await taken(target, socket, unfinished);
  });
}

async function doNotRead(target: Target): Promise<void> {
  const piece = batch(call("user.list", { limit: 0 }, "i".repeat(1000)));
  await pourOnAll(target, 30, piece, { isDeaf: true });
}

const login = call("sys.login", { user: "root", pass: "wrong" });

export const nexusAttacks: readonly Attack[] = [
  flood("pings", "sys.ping", call("sys.ping"), 1),
  flood("pings", "sys.ping", call("sys.ping"), 100),
  flood("unknown-methods", "calls of a method that is not there", call("a.b"), 8),
  flood("denied", "calls without the right to them", call("topic.pub", { topic: "a", msg: 1 }), 8),
  flood("notifications", "calls without an id, which do nothing", '{"method":"sys.ping"}', 8),
  flood("rubbish", "lines that are no JSON", "rubbish\n", 8),
  flood("brackets", "arrays in arrays without end", "[".repeat(65_536), 8),
  flood("braces", "values that are no calls", "{}", 8),
  flood("spaces", "white space between values", " ".repeat(65_536), 8),
  flood("keys", "calls of many members", call("sys.ping", manyMembers()), 8),
  flood("logins", "wrong passwords", login, 8),
  {
    name: "nexus-logins-of-their-own",
    does: "a wrong password on a connection of its own each time, 200 at once",
    run: (target) =>
      crowd(target, 200, async () => {
        const socket = await openSocket(target);
        target.count("logins");
        socket.write(login);
        socket.end();
        await new Promise((resolve) => socket.once("close", resolve));
      }),
  },
  pipelined("nexus-http-pings", post("/nexus", call("sys.ping"))),
  pipelined(
    "nexus-http-logins",
    post("/nexus", call("sys.ping"), `Authorization: Basic ${btoa("root:wrong")}\r\n`),
  ),
  {
    name: "nexus-pipes",
    does: "10 connections of 10,000 pipes",
    seconds: fillSeconds,
    run: openManyPipes,
  },
  {
    name: "nexus-full-pipes",
    does: "pipes that nobody reads, filled on 16 connections",
    seconds: fillSeconds,
    run: fillPipes,
  },
  {
    name: "nexus-pipes-filled-at-once",
    does: "writes of 32,768 messages to pipes that nobody reads, on 8 connections",
    run: fillPipesAtOnce,
  },
  {
    name: "nexus-parts-of-writes",
    does: "16 connections of 500 pipes, each with a small message out of a large write",
    seconds: fillSeconds,
    run: keepPartsOfWrites,
  },
  {
    name: "nexus-pipe-reads",
    does: "50 connections of 10,000 reads that wait, with ids of 1,000 bytes",
    seconds: fillSeconds,
    run: waitOnPipes,
  },
  {
    name: "nexus-unfinished-calls",
    does: "3,000 calls of 1 MB that do not end",
    seconds: fillSeconds,
    run: leaveUnfinished,
  },
  {
    name: "nexus-publications",
    does: "events for 1,000 pipes, as fast as they are taken, from 8 connections",
    argv: insider,
    run: publishToPipes,
  },
  {
    ...flood("pushes", "detached tasks", push("p".repeat(200)), 8),
    argv: insider,
    seconds: fillSeconds,
    fillsState: true,
  },
  {
    ...flood("large-pushes", "detached tasks of 900 KB", push("p".repeat(900_000)), 8),
    argv: insider,
    seconds: fillSeconds,
    fillsState: true,
  },
  {
    ...flood(
      "short-pulls",
      "pulls that end after a millisecond",
      call("task.pull", { prefix: "crowd", timeout: 0.001 }),
      8,
    ),
    argv: insider,
  },
  {
    name: "nexus-pulls",
    does: "50 connections of 10,000 pulls, each at a path of its own, with ids of 1,000 bytes",
    argv: insider,
    seconds: fillSeconds,
    run: waitForTasks,
  },
  {
    name: "nexus-tasks-thrown-back",
    does: "tasks of 900 KB, pulled and rejected by turns on 8 connections",
    argv: insider,
    run: throwTasksBack,
  },
  {
    name: "nexus-tasks-left",
    does: "connections that pull 1,000 tasks and end, four at once",
    argv: insider,
    run: leaveWithTasks,
  },
  {
    name: "nexus-task-lists",
    does: "task.list with a filter, of 10,000 tasks, on 8 connections",
    argv: insider,
    run: listTasks,
  },
  {
    name: "nexus-unread-lists",
    does: "user.list with a long id, on 30 connections that do not read",
    argv: insider,
    run: doNotRead,
  },
  {
    ...flood(
      "filters",
      "sys.session.list with a filter that is costly to compile",
      call("sys.session.list", { filter: "(((a{1,30}){1,30}){1,30})" }),
      8,
    ),
    argv: insider,
  },
  {
    ...flood("session-lists", "sys.session.list", call("sys.session.list", { limit: 0 }), 8),
    argv: insider,
  },
];

function manyMembers(): object {
  const members = Array.from({ length: 4000 }, (_, place) => [`k${place}`, place]);
  return Object.fromEntries(members);
}
