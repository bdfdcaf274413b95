import assert from "node:assert/strict";

const prototypeKeys = Object.getOwnPropertyNames(Object.prototype).join();

/** No name or key that came in has become a property of all objects. */
export function assertUnpolluted(): void {
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), prototypeKeys);
}
