/** Sessions, locks and passwords of LDLM over REST. */
import { type Attack, fillSeconds, type Target } from "../attack.ts";
import { batch, crowd, openSocket, pour, pourOnAll } from "../wire.ts";
import { openSession, pipelined, post } from "./http.ts";

async function lockOne(target: Target): Promise<void> {
  const cookie = await openSession(target);
  const piece = batch(post("/v1/lock", '{"name":"pipelined"}', cookie));
  await pourOnAll(target, 8, piece);
}

/** Each request locks a name that is free. `more` are fields behind the name. */
async function lockMany(target: Target, more: string): Promise<void> {
  let name = 0;
  await crowd(target, 8, async () => {
    const cookie = await openSession(target);
    const socket = await openSocket(target);
    await pour(target, socket, () => {
      const requests = Array.from({ length: 100 }, () => {
        name += 1;
        return post("/v1/lock", `{"name":"many-${name}"${more}}`, cookie);
      });
      target.count("requests", requests.length);
      return Buffer.from(requests.join(""));
    });
  });
}

function basic(password: string): string {
  return `Authorization: Basic ${Buffer.from(`:${password}`).toString("base64")}\r\n`;
}

export const ldlmAttacks: readonly Attack[] = [
  {
    ...pipelined("rest-sessions", post("/session", "")),
    seconds: fillSeconds,
    fillsState: true,
  },
  {
    name: "rest-locks-of-one-name",
    does: "POST /v1/lock of one name pipelined on 8 connections",
    run: lockOne,
  },
  {
    name: "rest-locks-of-many-names",
    fillsState: true,
    does: "POST /v1/lock of another name each time, pipelined in 8 sessions",
    run: (target) => lockMany(target, ""),
  },
  {
    name: "rest-brief-leases",
    does: "the same with leases of one second, which end in thousands",
    run: (target) => lockMany(target, ',"lock_timeout_seconds":1'),
  },
  {
    ...pipelined("rest-wrong-passwords", post("/session", "", basic("wrong")), { connections: 16 }),
    argv: ["--ldlm-password", "right"],
  },
];
