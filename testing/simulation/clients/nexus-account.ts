/** A user that one client keeps. What was confirmed must be so for ever, whatever happens to the server. */
import type { NodeId } from "../../../src/core/ids.ts";
import { InvariantBroken } from "../invariant-broken.ts";
import type { ClientParts } from "./client.ts";
import type { NexusAnswer, NexusPeer } from "./nexus-peer.ts";

export interface NexusAccount {
  /** Logs in with the right password or a wrong one, which must be judged by what is known. */
  logIn(peer: NexusPeer): Promise<void>;
  /** Makes the user, or another password for it, or deletes it. */
  change(peer: NexusPeer): Promise<void>;
}

/** `unknown` while a change has no answer, or a loss of power may undo it. */
type Known<Value> = Value | "unknown";

const denied = -32010;
const noSuchUser = -32004;
const userExists = -32005;

export function createAccount(parts: ClientParts): NexusAccount {
  const { random, scenario, name } = parts;
  const user = `user-of-${name.replaceAll(" ", "-")}`;
  const isKept = scenario.config.durability === "always";
  let isThere: Known<boolean> = false;
  let password: Known<string> = "unknown";
  let lastPassword = 0;
  /** The node that has confirmed what is known. Others read the log in their own time. */
  let confirmedBy: NodeId | undefined;

  function broken(what: string): never {
    throw new InvariantBroken(`${name} ${what}`);
  }

  function nextPassword(): string {
    lastPassword += 1;
    return `password ${lastPassword}`;
  }

  /** Whether the change was made; throws unless its answer fits what is known of the user. */
  function judge(
    { node }: NexusPeer,
    answer: NexusAnswer,
    { wanted, refusal }: { readonly wanted: boolean; readonly refusal: number },
  ): boolean {
    if (answer.type === "unknown") return false;
    confirmedBy = node;
    const isDone = answer.type === "result";
    if (!isDone && answer.code !== refusal) broken(`is refused a change: ${answer.words}`);
    if (isKept && isThere !== "unknown" && isDone !== (isThere === wanted)) {
      broken(`learns that ${user} is ${isDone === wanted ? "there" : "not there"}`);
    }
    return isDone;
  }

  /** Nothing is known of the user any more. */
  function lose(): void {
    isThere = "unknown";
    password = "unknown";
  }

  async function create(peer: NexusPeer): Promise<void> {
    const pass = nextPassword();
    const answer = await peer.ask("user.create", { user, pass });
    const isMade = judge(peer, answer, { wanted: false, refusal: userExists });
    if (answer.type === "unknown") {
      if (isThere !== true) lose();
      return;
    }
    isThere = true;
    if (isMade) await keep(peer, pass);
  }

  /** Without the tag it might do nothing once it has logged in. */
  async function keep(peer: NexusPeer, pass: string): Promise<void> {
    const tags = { "@admin": true };
    const tagged = await peer.ask("user.setTags", { user, prefix: ".", tags });
    password = tagged.type === "result" ? pass : "unknown";
  }

  async function setPassword(peer: NexusPeer): Promise<void> {
    const pass = nextPassword();
    const answer = await peer.ask("user.setPass", { user, pass });
    if (judge(peer, answer, { wanted: true, refusal: noSuchUser })) await keep(peer, pass);
    else if (answer.type === "unknown") password = "unknown";
  }

  async function remove(peer: NexusPeer): Promise<void> {
    const answer = await peer.ask("user.delete", { user });
    judge(peer, answer, { wanted: true, refusal: noSuchUser });
    if (answer.type === "unknown") lose();
    else isThere = false;
  }

  return {
    async logIn(peer) {
      const isRight = password !== "unknown" && random.chance(0.8);
      const pass = isRight ? password : "wrong";
      const answer = await peer.ask("sys.login", { user, pass });
      if (answer.type === "unknown") return;
      const isIn = answer.type === "result";
      if (!isIn && answer.code !== denied) broken(`cannot log in: ${answer.words}`);
      if (isIn && !isRight) broken(`logs in as ${user} with a wrong password`);
      if (!isKept || isThere === "unknown" || !isRight || peer.node !== confirmedBy) return;
      if (isIn !== isThere) broken(`${isIn ? "logs in" : "cannot log in"} as ${user}`);
    },
    async change(peer) {
      const roll = random.below(4);
      if (isThere !== true || roll === 0) await create(peer);
      else if (roll < 3) await setPassword(peer);
      else await remove(peer);
    },
  };
}
