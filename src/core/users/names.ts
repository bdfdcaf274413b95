/** What users may be called; docs/protocols/nexus.md, section 5. */
import { isLongerThan } from "../limits.ts";
import { type Rejection, rejected } from "../rejection.ts";

const nameBytesMin = 3;
const nameBytesMax = 500;

/** Why nobody can have this name, which is in lower case. */
export function userNameFault(name: string): Rejection | undefined {
  if (!isLongerThan(name, nameBytesMin - 1) || isLongerThan(name, nameBytesMax)) {
    const reason = `the name of a user has ${nameBytesMin} to ${nameBytesMax} bytes`;
    return rejected("invalid_argument", reason);
  }
  if (isDottedName(name)) return undefined;
  const reason = "the name of a user has no white space, and something between its dots";
  return rejected("invalid_argument", reason);
}

const dot = 0x2e;

/** The name without the dots at its end. To look for them with `/\.+$/` takes a time that grows with the square of all dots. */
export function withoutFinalDots(name: string): string {
  let end = name.length;
  while (name.charCodeAt(end - 1) === dot) end -= 1;
  return name.slice(0, end);
}

/** Whether this can name something in a tree: labels between dots, none of them empty, and no white space. */
export function isDottedName(name: string): boolean {
  return dottedName.test(name);
}

const dottedName = /^[^\s.]+(?:\.[^\s.]+)*$/u;
