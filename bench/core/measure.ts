/** Takes one case as JSON on its command line, and prints the answer as JSON. */
import type { CoreCase } from "./case.ts";
import { measureHeap } from "./heap.ts";
import { measureLine } from "./line.ts";
import { measurePairs } from "./pairs.ts";

process.stdout.write(JSON.stringify(measure(JSON.parse(process.argv[2] ?? ""))));

function measure(wanted: CoreCase): unknown {
  switch (wanted.type) {
    case "pairs":
      return measurePairs(wanted);
    case "line":
      return measureLine(wanted);
    case "heap":
      return measureHeap(wanted);
  }
}
