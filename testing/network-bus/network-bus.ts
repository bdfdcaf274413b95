import type { Bus } from "../../src/bus/bus.ts";
import { type BusHost, busOf, createHost, receive } from "../../src/bus/host.ts";
import type { RunId } from "../../src/core/ids.ts";
import type { FleetingLimits } from "../../src/fleeting/apply.ts";
import type { OpenBus } from "../bus-stage.ts";
import type { Random } from "../history/random.ts";
import { createFakeClock, type FakeClock } from "../loopback.ts";
import { createNetwork, type Network } from "./network.ts";

/**
 * The bus of several nodes over a network that a seed decides. Which runs take part is known from elsewhere, as
 * it would be from the log, so that news of it is neither late nor lost.
 */
export interface NetworkBus extends OpenBus {
  readonly network: Network;
  readonly clock: FakeClock;
  /** The present run of a node. */
  runAt(place: number): RunId;
  busAt(place: number): Bus;
  /** The process of the node ends. The others do not learn of it before `restart`. */
  crash(place: number): void;
  /** The others learn that the run has ended, and then of the node's next run. */
  restart(place: number): void;
}

export interface NetworkBusOptions {
  readonly nodeCount: number;
  readonly limits: FleetingLimits;
  readonly random: Random;
}

interface Member {
  readonly host: BusHost;
  readonly run: RunId;
  readonly bus: Bus;
  isDead: boolean;
}

/** Longer than any message is on its way, and any publication waits. */
const quietMs = 60_000;

export function createNetworkBus({ nodeCount, limits, random }: NetworkBusOptions): NetworkBus {
  const clock = createFakeClock();
  const network = createNetwork(clock, random);
  const members: Member[] = [];
  let runCount = 0;

  function start(place: number): void {
    const run = `run ${++runCount}` as RunId;
    const member = createMember(run);
    network.join(run, (command) => receive(member.host, command));
    members[place] = member;
    for (const other of members) {
      if (other === member || other.isDead) continue;
      introduce(member, other);
      introduce(other, member);
    }
  }

  function createMember(run: RunId): Member {
    const host = createHost({
      limits,
      run,
      clock: {
        nowMs: clock.nowMs,
        after: (ms, ring) => clock.after(ms, () => !member.isDead && ring()),
        soon: (ring) => clock.soon(() => !member.isDead && ring()),
      },
      carrier: {
        relay(command) {
          for (const other of host.state.nodes.others.keys()) network.send(run, other, command);
        },
        count: (command) => network.send(run, command.publication.run, command),
      },
    });
    const member: Member = { host, run, bus: busOf(host), isDead: false };
    return member;
  }

  function introduce(member: Member, to: Member): void {
    const { lastNumber } = member.host.state.publications;
    receive(to.host, { type: "add_node", run: member.run, lastNumber });
  }

  function memberAt(place: number): Member {
    const member = members[place];
    if (member === undefined) throw new RangeError(`there is no node ${place}`);
    return member;
  }

  function crash(place: number): void {
    const member = memberAt(place);
    member.isDead = true;
    network.leave(member.run);
  }

  for (let place = 0; place < nodeCount; place++) start(place);
  return {
    network,
    clock,
    get nodes(): [Bus, ...Bus[]] {
      const [first, ...others] = members.map(({ bus }) => bus);
      return [first ?? memberAt(0).bus, ...others];
    },
    settle: () => clock.advance(quietMs),
    runAt: (place) => memberAt(place).run,
    busAt: (place) => memberAt(place).bus,
    crash,
    restart(place) {
      const { run } = memberAt(place);
      for (const { host, isDead } of members) {
        if (!isDead) receive(host, { type: "remove_node", run });
      }
      start(place);
    },
  };
}
