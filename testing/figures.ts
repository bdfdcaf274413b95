import assert from "node:assert/strict";

type Labels = Readonly<Record<string, string>>;

/** What the page at `/metrics` said at one moment. */
export interface Figures {
  /** The sum over the samples that have these labels; 0 when there is none yet. Fails for an unknown name. */
  of(name: string, labels?: Labels): number;
}

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * Reads the Prometheus text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). Fails on lines
 * that are none of it, and on samples whose metric was not declared before.
 */
export function readFigures(text: string): Figures {
  assert.ok(text.endsWith("\n"), "the last line has no end");
  const declared = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (?:counter|gauge|histogram|summary)$/.exec(line)?.[1];
    if (type !== undefined) declared.add(type);
    else if (line !== "" && !line.startsWith("# HELP ")) samples.push(readSample(line, declared));
  }
  return {
    of(name, labels = {}) {
      assert.ok(declared.has(familyOf(name, declared)), `there is no metric ${name}`);
      return samples
        .filter((sample) => sample.name === name && hasLabels(sample, labels))
        .reduce((sum, { value }) => sum + value, 0);
    },
  };
}

function readSample(line: string, declared: ReadonlySet<string>): Sample {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  assert.ok(match !== null, `no sample: ${line}`);
  const [, name = "", labelText = "", value = ""] = match;
  assert.ok(declared.has(familyOf(name, declared)), `a sample without a type: ${line}`);
  assert.match(value, /^(?:[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|inf)|nan)$/i, `no number: ${line}`);
  const labels = [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(labels.map(([, label = "", is = ""]) => [label, is])),
    value: Number(value),
  };
}

/** The series of a histogram are declared under its name without their endings. */
function familyOf(name: string, declared: ReadonlySet<string>): string {
  return declared.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, "");
}

function hasLabels({ labels }: Sample, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
