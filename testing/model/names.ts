import type { Path } from "../../src/core/command.ts";
import type { LockNumber, Namespace, TimeMs } from "../../src/core/ids.ts";
import { isSamePath, type ModelLock, wantsSlot } from "./locks.ts";

/** A path that keeps its slot size. */
export interface ModelSize {
  readonly namespace: Namespace;
  readonly path: Path;
  readonly size: number;
  usedAt: TimeMs;
}

/** A namespace that keeps its count. */
export interface ModelNamespace {
  readonly namespace: Namespace;
  /** Of the session whose request was the first in it. */
  readonly address: string | undefined;
  lastNumber: number;
  /** Undefined: there is a live request or a slot size in it. */
  idleSince: TimeMs | undefined;
}

/** What is remembered of names beyond the requests for them. */
export interface ModelNames {
  /** In the order of last use. */
  sizes: ModelSize[];
  /** Idle ones in the order in which they became so. */
  namespaces: ModelNamespace[];
  /** The highest number in a namespace that was forgotten: from there new ones count on. */
  forgottenNumber: number;
}

export function sizeAt(names: ModelNames, namespace: Namespace, path: Path): ModelSize | undefined {
  return names.sizes.find((size) => size.namespace === namespace && isSamePath(size.path, path));
}

/** Someone has named the path: if it keeps a size, that is now the last used one. */
export function usePath(names: ModelNames, namespace: Namespace, path: Path, at: TimeMs): void {
  const size = sizeAt(names, namespace, path);
  if (size === undefined) return;
  size.usedAt = at;
  names.sizes = [...names.sizes.filter((other) => other !== size), size];
}

/** The same for all slots that a request names. */
export function useSlots(
  names: ModelNames,
  { namespace, claims }: Pick<ModelLock, "namespace" | "claims">,
  at: TimeMs,
): void {
  for (const claim of claims) {
    if (claim.mode === "slot") usePath(names, namespace, claim.path, at);
  }
}

/** Keeps the sizes of the request's slots, where none is kept yet. */
export function keepSizes(names: ModelNames, lock: ModelLock, at: TimeMs): void {
  const { namespace } = lock;
  for (const claim of lock.claims) {
    if (claim.mode !== "slot" || sizeAt(names, namespace, claim.path) !== undefined) continue;
    names.sizes.push({ namespace, path: claim.path, size: claim.size, usedAt: at });
  }
}

export function nextNumber(
  names: ModelNames,
  namespace: Namespace,
  address: string | undefined,
): LockNumber {
  const known = names.namespaces.find((other) => other.namespace === namespace);
  if (known === undefined) {
    const lastNumber = names.forgottenNumber + 1;
    names.namespaces.push({ namespace, address, lastNumber, idleSince: undefined });
    return lastNumber as LockNumber;
  }
  known.lastNumber++;
  return known.lastNumber as LockNumber;
}

/** Leaves numbers out, in every namespace: no later one is within `by` of any that was given. */
export function advanceNumbers(names: ModelNames, by: number): void {
  const numbers = names.namespaces.map(({ lastNumber }) => lastNumber);
  names.forgottenNumber = Math.max(names.forgottenNumber, ...numbers) + by;
  for (const name of names.namespaces) name.lastNumber = names.forgottenNumber;
}

/** Forgets the idle names last used at `until` or before. */
export function forgetUnused(
  names: ModelNames,
  live: readonly ModelLock[],
  { at, until }: { readonly at: TimeMs; readonly until: TimeMs },
): void {
  const old = idleSizes(names, live).filter((size) => size.usedAt <= until);
  for (const size of old) forgetSize(names, live, size, at);
  noteIdle(names, live, at);
  const unused = names.namespaces.filter(
    ({ idleSince }) => idleSince !== undefined && idleSince <= until,
  );
  forget(names, unused);
}

/** Forgets the longest idle names, until no more than `max` idle ones of each kind are left. */
export function forgetBeyond(
  names: ModelNames,
  live: readonly ModelLock[],
  { at, max }: { readonly at: TimeMs; readonly max: number },
): void {
  const sizes = idleSizes(names, live);
  const oldSizes = sizes.slice(0, Math.max(0, sizes.length - max));
  for (const size of oldSizes) forgetSize(names, live, size, at);
  noteIdle(names, live, at);
  const namespaces = names.namespaces.filter(({ idleSince }) => idleSince !== undefined);
  const oldNamespaces = namespaces.slice(0, Math.max(0, namespaces.length - max));
  forget(names, oldNamespaces);
}

/** Forgets the longest idle name: a size if there is one, else a namespace. `false`: there is none. */
export function forgetOldest(names: ModelNames, live: readonly ModelLock[], at: TimeMs): boolean {
  const [size] = idleSizes(names, live);
  if (size !== undefined) {
    forgetSize(names, live, size, at);
    return true;
  }
  const namespace = names.namespaces.find(({ idleSince }) => idleSince !== undefined);
  if (namespace === undefined) return false;
  forget(names, [namespace]);
  return true;
}

/** One after the other: namespaces become idle in the order in which they lose their last size. */
function forgetSize(
  names: ModelNames,
  live: readonly ModelLock[],
  size: ModelSize,
  at: TimeMs,
): void {
  names.sizes = names.sizes.filter((other) => other !== size);
  noteIdle(names, live, at);
}

function forget(names: ModelNames, namespaces: readonly ModelNamespace[]): void {
  names.namespaces = names.namespaces.filter((name) => !namespaces.includes(name));
  const numbers = namespaces.map(({ lastNumber }) => lastNumber);
  names.forgottenNumber = Math.max(names.forgottenNumber, ...numbers);
}

/** Notes which namespaces nobody uses any more, or uses again. */
export function noteIdle(names: ModelNames, live: readonly ModelLock[], at: TimeMs): void {
  for (const name of [...names.namespaces]) {
    const isInUse =
      live.some((lock) => lock.namespace === name.namespace) ||
      names.sizes.some((size) => size.namespace === name.namespace);
    if (isInUse) name.idleSince = undefined;
    else if (name.idleSince === undefined) {
      name.idleSince = at;
      names.namespaces = [...names.namespaces.filter((other) => other !== name), name];
    }
  }
}

/** Sizes that no live request wants, in the order of last use. */
export function idleSizes(names: ModelNames, live: readonly ModelLock[]): readonly ModelSize[] {
  return names.sizes.filter(
    ({ namespace, path }) =>
      !live.some((lock) => lock.namespace === namespace && wantsSlot(lock, path)),
  );
}
