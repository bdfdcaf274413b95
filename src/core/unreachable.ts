/**
 * Ends a `switch` that covers every member of a union: a member that it forgets does not compile. At run time it throws `TypeError`,
 * because the value then comes from outside of the program's types.
 */
export function unreachable(value: never): never {
  throw new TypeError(`unexpected: ${JSON.stringify(value)}`);
}
