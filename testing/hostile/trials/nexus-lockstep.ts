import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectNexus, type NexusPeer } from "../../nexus-peer.ts";
import { returnInLockstep } from "./returning.ts";

/** As many as may be logged in as one user. */
const clientsOfUser = 50;
const userCount = 20;

/** Messages that a client writes without waiting for answers, before it reads any. */
const messageCount = 21;

interface Member {
  readonly place: number;
  peer: NexusPeer;
}

/** Clients of Nexus, who log in again, take their locks, and find what they write to a pipe in order. */
export const nexusLockstep = returnInLockstep<Member>({
  name: "nexus-return-in-lockstep",
  argv: ["--root-password-file", "password"],
  furnish: (folder) => writeFileSync(join(folder, "password"), "of the root"),
  async open(port) {
    const root = await connectNexus(port);
    await root.ask("sys.login", { user: "root", pass: "of the root" });
    for (let user = 0; user < userCount; user += 1) {
      await root.ask("user.create", { user: `user${user}`, pass: `of user${user}` });
      const tags = { "@sync.lock": true };
      await root.ask("user.setTags", { user: `user${user}`, prefix: "members", tags });
    }
    root.end();
  },
  async join(port, place) {
    const peer = await connectNexus(port);
    await moveIn(peer, place);
    return { place, peer };
  },
  async comeBack(port, member) {
    const { place } = member;
    member.peer = await connectNexus(port);
    return Promise.race([moveIn(member.peer, place), cut(member.peer)]);
  },
  leave: ({ peer }) => peer.end(),
});

async function cut({ closed }: NexusPeer): Promise<never> {
  await closed;
  throw new Error("the connection ended");
}

/** Says whether the client has its lock, and its messages are in order. */
async function moveIn({ ask }: NexusPeer, place: number): Promise<boolean> {
  const user = `user${Math.floor(place / clientsOfUser)}`;
  await ask("sys.login", { user, pass: `of ${user}` });
  const { ok } = await ask<{ ok: boolean }>("sync.lock", { lock: `members.${place}` });
  const { pipeid } = await ask<{ pipeid: string }>("pipe.create");
  const sent = Array.from({ length: messageCount }, (_, message) => message);
  await Promise.all(sent.map((msg) => ask("pipe.write", { pipeid, msg })));
  const { msgs } = await ask<{ msgs: readonly { msg: number }[] }>("pipe.read", {
    pipeid,
    max: messageCount,
  });
  return ok && msgs.every(({ msg }, at) => msg === at) && msgs.length === messageCount;
}
