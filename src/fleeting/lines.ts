/** The subscribers: for each topic, prefix or root the line of them. */

/** By topic, prefix or root. */
export type Lines<S extends object> = Map<string, Line<S>>;

/** Most topics have one subscriber, which stands for itself: a set would cost more than all the rest. */
type Line<S extends object> = S | Set<S>;

/** Those that receive an event, each once. */
export type Receivers<S extends object> = ReadonlySet<S> | readonly S[];

/** Returns whether the line is new. The subscriber is not in it yet. */
export function joinLine<S extends object>(lines: Lines<S>, name: string, subscriber: S): boolean {
  const line = lines.get(name);
  if (line === undefined) lines.set(name, subscriber);
  else if (line instanceof Set) line.add(subscriber);
  else lines.set(name, new Set([line, subscriber]));
  return line === undefined;
}

/** Returns whether the line is gone, because the subscriber was its last. */
export function leaveLine<S extends object>(lines: Lines<S>, name: string, subscriber: S): boolean {
  const line = lines.get(name);
  if (line instanceof Set) {
    line.delete(subscriber);
    if (line.size > 0) return false;
  } else if (line !== subscriber) {
    return false;
  }
  return lines.delete(name);
}

export function lengthOf<S extends object>(line: Line<S>): number {
  return line instanceof Set ? line.size : 1;
}

/** Stays valid until the next subscription. */
export function lineOf<S extends object>(lines: Lines<S>, name: string): Receivers<S> | undefined {
  const line = lines.get(name);
  return line === undefined || line instanceof Set ? line : [line];
}

export function sizeOf(receivers: Receivers<object>): number {
  return receivers instanceof Set ? receivers.size : (receivers as readonly object[]).length;
}

export function isIn<S extends object>(receivers: Receivers<S>, subscriber: S): boolean {
  return receivers instanceof Set ? receivers.has(subscriber) : isAmong(receivers, subscriber);
}

function isAmong<S extends object>(receivers: Iterable<S>, subscriber: S): boolean {
  for (const receiver of receivers) if (receiver === subscriber) return true;
  return false;
}
