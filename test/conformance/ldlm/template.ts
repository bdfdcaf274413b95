import assert from "node:assert/strict";

/** What the names in angle brackets have met so far. */
export type Bindings = Map<string, string>;

const patterns: Readonly<Record<string, string>> = {
  session: "[0-9a-f]{32}",
  uuid: "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
  token: "[1-9]\\d*",
  time: "\\d{13}",
  ms: "[1-9]\\d*",
  date: "[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT",
};

const placeholder = /<((?:session|uuid|date|token|time|ms)(?:-[a-z0-9]+)?)>/;

/** The text with what its names, which must all be bound, have met. */
export function filledIn(template: string, bindings: Bindings): string {
  return template.replaceAll(new RegExp(placeholder, "g"), (_, name: string) => {
    const value = bindings.get(name);
    assert.ok(value !== undefined, `${name} has not been seen yet`);
    return value;
  });
}

/** The bytes of a raw request whose names are all bound. */
export function rawRequest(template: string, bindings: Bindings): Buffer {
  const text = filledIn(template, bindings);
  const bodyBytes = text.length - (text.indexOf("\r\n\r\n") + 4);
  return Buffer.from(text.replace("<length>", String(bodyBytes)), "latin1");
}

/** Fails unless the text is of that form; new names with a suffix are bound to what they met. */
export function assertMatches(actual: string, template: string, bindings: Bindings): void {
  const [first = "", ...rest] = template.split(new RegExp(placeholder));
  const names: string[] = [];
  let pattern = RegExp.escape(first);
  for (let at = 0; at < rest.length; at += 2) {
    const [name = "", literal = ""] = rest.slice(at, at + 2);
    names.push(name);
    const bound = bindings.get(name);
    const kind = patterns[name.split("-", 1)[0] as string] as string;
    pattern += `(${bound === undefined ? kind : RegExp.escape(bound)})${RegExp.escape(literal)}`;
  }
  const match = new RegExp(`^${pattern}$`, "s").exec(actual);
  if (match === null) assert.equal(actual, template);
  names.forEach((name, at) => {
    if (name.includes("-")) bindings.set(name, match?.[at + 1] as string);
  });
}
