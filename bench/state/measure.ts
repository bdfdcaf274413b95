/** Takes one case as JSON on its command line, and prints the answer as JSON. */
import type { StateAnswer, StateCase } from "./case.ts";
import { fill } from "./fill.ts";

const { thing, count }: StateCase = JSON.parse(process.argv[2] ?? "");
const filling = fill(thing, count);
filling.prepare();
const before = { counted: filling.state.holdings.bytes, measured: heapBytes() };
filling.run();
const answer: StateAnswer = {
  counted: (filling.state.holdings.bytes - before.counted) / count,
  measured: (heapBytes() - before.measured) / count,
};
// Used once more, so that the state could not be collected.
if (filling.state.index === 0) throw new Error("nothing was applied");
process.stdout.write(JSON.stringify(answer));

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new TypeError("run it with --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
