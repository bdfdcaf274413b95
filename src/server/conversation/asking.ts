/** How what a peer asks reaches the log, and what is counted for it. */
import { type Command, isRequested } from "../../core/command.ts";
import type { RequestId } from "../../core/ids.ts";
import { networkOf } from "../../core/network.ts";
import type { HostState } from "./host-state.ts";
import type { Peer } from "./peer.ts";
import { workMsOf } from "./work.ts";

/** Memory for one thing that the peer has asked, in bytes: its id, its place in the books, and the command. */
const pendingBytes = 1024;

/** So many bytes more or less are not counted, since most requests are answered at once. */
const keptSlack = 16 * pendingBytes;

/** Counts what the server keeps for the peer; nothing once the conversation is over. */
export function countKept(peer: Peer, pendingCount: number): void {
  const { behavior, talk, transport, isOver } = peer;
  const bytes = isOver ? 0 : pendingCount * pendingBytes + (behavior.keptBytes?.(talk) ?? 0);
  const more = bytes - peer.keptBytes;
  if (!isOver && Math.abs(more) <= keptSlack) return;
  transport.keep(more);
  peer.keptBytes = bytes;
}

export function propose(host: HostState, peer: Peer, commands: readonly Command[]): void {
  const nowMs = host.clock.recentMs();
  let answers = 0;
  for (const command of commands) {
    peer.workMs += workMsOf(command);
    if (!isRequested(command)) continue;
    answers += 1;
    const { session, request } = command;
    peer.askedAtMs.set(request, nowMs);
    if (session === peer.talk.session) {
      attach(host, peer);
    } else {
      host.lent.lend(peer, session, request);
      peer.lent.add({ session, request });
    }
  }
  if (answers > 0) peer.transport.expect(answers);
  if (peer.workMs > chargedMsMin) charge(peer);
  host.replica.propose(commands, peer.calls.refuse);
}

/** Less work is not charged yet, because most of it is as little as that. */
const chargedMsMin = 0.1;

function charge(peer: Peer): void {
  peer.transport.charge(peer.workMs);
  peer.workMs = 0;
}

/** The peer's first command attaches its session, so that an idle connection costs nothing. */
export function attach({ bus }: HostState, peer: Peer): void {
  const { talk, isAttached, isOver } = peer;
  if (isAttached || isOver || talk.session === undefined) return;
  peer.isAttached = true;
  const { address } = talk;
  bus.attach(talk.session, peer.calls, address === undefined ? undefined : networkOf(address));
}

/** Measures the time to the command's first outcome, which may be `waiting`. */
export function settle(
  { meter, clock }: HostState,
  { askedAtMs, transport }: Peer,
  request: RequestId,
): void {
  const atMs = askedAtMs.get(request);
  if (atMs === undefined) return;
  askedAtMs.delete(request);
  transport.expect(-1);
  meter.took(clock.recentMs() - atMs);
}

/** The peer gets none of the answers that are still under way. */
export function forgetAsked({ askedAtMs, transport }: Peer): void {
  transport.expect(-askedAtMs.size);
  askedAtMs.clear();
}
