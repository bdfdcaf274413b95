/** What the code says about the documents. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";

const sources = globSync("{src,test,testing,bench}/**/*.ts", {
  exclude: ["**/node_modules/**"],
}).sort();

const reference = /(docs\/[\w/.-]+\.md)(?:,? sections? (\d[\d.]*)(?: (?:and|to) (\d[\d.]*))?)?/g;

test("every section of a document that the code names is there", () => {
  const wrong = sources.flatMap((file) =>
    Array.from(withoutLineBreaks(readFileSync(file, "utf8")).matchAll(reference))
      .filter(([, document = "", ...sections]) => !areThere(document, sections))
      .map(([words]) => `${file} speaks of ${words}`),
  );
  assert.deepEqual(wrong, []);
});

/** A comment as one line, so that a reference may break. */
function withoutLineBreaks(text: string): string {
  return text.replaceAll(/\n\s*(?:\*|\/\/) ?/g, " ");
}

function areThere(document: string, sections: readonly (string | undefined)[]): boolean {
  if (!existsSync(document)) return false;
  const numbers = numbersOf(document);
  // The dot at the end of a sentence is none of the number's.
  return sections.every((section) => !section || numbers.has(section.replace(/\.$/, "")));
}

function numbersOf(document: string): ReadonlySet<string> {
  const headings = readFileSync(document, "utf8").matchAll(/^#+ (\d+(?:\.\d+)*)\.? /gm);
  return new Set(Array.from(headings, ([, number = ""]) => number));
}
