import { type Aim, aimSection, type Bench, type Effort, type Section } from "./bench.ts";
import { answerOf, type ServerProcess } from "./child.ts";
import { type Contender, durable, echo } from "./contender.ts";
import type { EventsLoad, EventsLoadAnswer } from "./events-load.ts";
import { type Measured, measureSideBySide, observationHead, rateRow } from "./side-by-side.ts";
import { percent, whole } from "./table.ts";

export const events: Bench = {
  name: "events",
  question:
    "How many events per second reach a thousand subscribers through softvisio's API, how long are they on their way, and how is that beside a bare broadcast of `ws`?",
  measure,
};

const bareBroadcast = echo("ws broadcast", new URL("events/broadcast.ts", import.meta.url));
const contenders: readonly Contender[] = [bareBroadcast, durable];

type Traffic = Pick<EventsLoad, "subscribers" | "inFlight">;
type One = Measured<Traffic, EventsLoadAnswer>;

const trafficsBySize: Readonly<Record<Effort["size"], readonly Traffic[]>> = {
  full: [1, 1000].flatMap((subscribers) => [1, 16].map((inFlight) => ({ subscribers, inFlight }))),
  tiny: [{ subscribers: 3, inFlight: 2 }],
};

async function measure(effort: Effort): Promise<readonly Section[]> {
  const traffics = trafficsBySize[effort.size];
  const measured = await measureSideBySide({ contenders, traffics, load }, effort);
  const sections = traffics.map((traffic) => section(measured, traffic));
  return effort.size === "tiny" ? sections : [legend, ...sections, aimSection(aimsOf(measured))];
}

function load(
  { port, pid }: ServerProcess,
  traffic: Traffic,
  { warmUpMs, measureMs }: Effort,
): Promise<EventsLoadAnswer> {
  const question: EventsLoad = { ...traffic, port, serverPid: pid, warmUpMs, measureMs };
  return answerOf(new URL("events-load.ts", import.meta.url), question);
}

const legend: Section = {
  title: "Servers",
  rows: [
    ["server", "what"],
    ["ws broadcast", "the library alone, corked once per turn, sends a fixed text to all others"],
    ["always", "Holdfast as it is by default; events do not touch the log"],
  ],
  notes: [
    "One connection publishes, the others are subscribed. An event is published when one of those in flight was heard by all. The delay is from its publication to its arrival at a subscriber, of every twentieth of them; the load, which is one process, has to read them one after another. µs/delivery is CPU time of the server, all threads.",
  ],
};

function section(measured: readonly One[], traffic: Traffic): Section {
  const here = measured.filter((one) => one.traffic === traffic);
  const bare = here.find(({ contender }) => contender === bareBroadcast)?.deliveriesPerSecond ?? 0;
  const { subscribers, inFlight } = traffic;
  const who = subscribers === 1 ? "1 subscriber" : `${whole(subscribers)} subscribers`;
  const rows = here.map((one) => rateRow(one, one.deliveriesPerSecond, bare));
  return { title: `${who}, ${inFlight} in flight`, rows: [head, ...rows], notes: [] };
}

const head = ["server", "deliveries/s", "of ws", ...observationHead("delivery")];

function aimsOf(measured: readonly One[]): readonly Aim[] {
  return [1, 16].map((inFlight) => {
    const rate = (wanted: Contender) =>
      measured.find(
        ({ contender, traffic }) =>
          contender === wanted && traffic.subscribers === 1000 && traffic.inFlight === inFlight,
      )?.deliveriesPerSecond ?? Number.NaN;
    const ofBare = rate(durable) / rate(bareBroadcast);
    return {
      what: `1,000 subscribers, ${inFlight} in flight: deliveries/s of the bare broadcast's`,
      wanted: "≥ 80 %",
      measured: percent(ofBare),
      isMet: ofBare >= 0.8,
    };
  });
}
