/**
 * The load: connections that push tasks of Nexus, and others that work at them. So many tasks are on their way at once; the
 * next is pushed when the server has taken the result of one. Takes a `TasksLoad` as JSON on its command line and prints a
 * `TasksLoadAnswer`.
 */
import { callText, idOf, openClient } from "./nexus/client.ts";
import { type Observation, type Observed, observe, type Stopwatch } from "./observation.ts";

export interface TasksLoad extends Observed {
  readonly port: number;
  readonly pushers: number;
  /** Each a connection with one pull. */
  readonly workers: number;
  /** Tasks that were pushed and have no result, of all pushers together. */
  readonly inFlight: number;
  /** Tasks of another path that wait all the time. */
  readonly waiting: number;
}

export interface TasksLoadAnswer extends Observation {
  readonly tasksPerSecond: number;
}

/** The path of its own: the tasks of a load before may still be about to vanish with their pushers. */
const path = `mail.${process.pid}`;

/** 200 bytes, in all. */
const params = { to: "somebody@example.com", text: "x".repeat(150) };

/** Stands before the id in the answer to a pull. */
const taskMark = Buffer.from('"taskid":"');
const taskIdLength = 36;

/** Calls on their way while the path is filled. */
const fillInFlight = 1000;

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: TasksLoad): Promise<TasksLoadAnswer> {
  await fill(load);
  const { perSecond, ...observation } = await observe(load, (stopwatch) => begin(load, stopwatch));
  return { tasksPerSecond: perSecond.tasks, ...observation };
}

async function fill({ port, waiting }: TasksLoad): Promise<void> {
  if (waiting === 0) return;
  const { socket, hear } = await openClient(port);
  const call = callText("task.push", { method: "other.send", params, detach: true });
  let [sent, answered] = [0, 0];
  await new Promise<void>((resolve) => {
    const more = () => {
      const count = Math.min(waiting, answered + fillInFlight) - sent;
      sent += count;
      socket.write(call.repeat(count), "latin1");
    };
    hear(() => {
      answered += 1;
      if (answered === waiting) resolve();
      else if (answered % (fillInFlight / 2) === 0) more();
    });
    more();
  });
}

async function begin(load: TasksLoad, { answered }: Stopwatch) {
  const { port, pushers, workers, inFlight } = load;
  const tally = { tasks: 0 };
  for (let count = 0; count < workers; count += 1) await openWorker(port);
  const begins: (() => void)[] = [];
  for (let count = 0; count < pushers; count += 1) {
    begins.push(await openPusher(port, inFlight / pushers, { tally, answered }));
  }
  for (const start of begins) start();
  return tally;
}

/** Pulls, and with the result of what it got the next. */
async function openWorker(port: number): Promise<void> {
  const { socket, hear, ask } = await openClient(port);
  await ask("sys.version", {});
  const pull = callText("task.pull", { prefix: path }, 1);
  hear((line) => {
    if (idOf(line) !== 1) return;
    const at = line.indexOf(taskMark) + taskMark.length;
    const taskid = line.toString("latin1", at, at + taskIdLength);
    socket.write(callText("task.result", { taskid, result: "sent" }, 2) + pull, "latin1");
  });
  socket.write(pull, "latin1");
}

interface Told extends Stopwatch {
  readonly tally: { tasks: number };
}

/** Returns how it begins. The answer to a push is the result of the task. */
async function openPusher(port: number, inFlight: number, told: Told): Promise<() => void> {
  const { socket, hear, ask } = await openClient(port);
  await ask("sys.version", {});
  const calls = Array.from({ length: inFlight }, (_, id) =>
    callText("task.push", { method: `${path}.send`, params }, id),
  );
  const sentAt = new Float64Array(inFlight);
  let due = "";
  function push(id: number): void {
    sentAt[id] = performance.now();
    // Behind all answers of this chunk.
    if (due === "") queueMicrotask(send);
    due += calls[id];
  }
  function send(): void {
    socket.write(due, "latin1");
    due = "";
  }
  hear((line) => {
    const id = idOf(line);
    told.tally.tasks += 1;
    told.answered(performance.now() - (sentAt[id] ?? 0));
    push(id);
  });
  return () => {
    for (const id of calls.keys()) push(id);
  };
}
