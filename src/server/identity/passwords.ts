/**
 * Passwords of users. Of each only a record is kept, in the PHC string format: argon2id (RFC 9106), or scrypt (RFC 7914)
 * of users that were imported. Hashing takes some ten ms of a core, outside of the event loop and few at a time, so that a
 * thousand logins leave a core to everybody else. A password that was right a while ago is known again at once.
 */
import { argon2, createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import type { PasswordRecord } from "../../core/command.ts";

export interface Passwords {
  /** A record of the password, with a new salt. */
  recordOf(password: string): Promise<PasswordRecord>;
  /** Whether it is the password of the record. Without a record it takes as long as with a wrong one. */
  isRight(password: string, record: PasswordRecord | undefined): Promise<boolean>;
  /** Whether it was found out a while ago that it is. */
  isKnown(password: string, record: PasswordRecord | undefined): boolean;
  /** Whether a new record of the same password would be a better one. */
  isOutdated(record: PasswordRecord): boolean;
}

/** Right passwords that are remembered, as keyed hashes; beyond these the oldest is forgotten. */
const rightMax = 10_000;

/** `atOnceMax`: how many hashes are worked out at once. More than two would keep the log from libuv's threads. */
export function createPasswords(
  atOnceMax = Math.min(2, Math.max(1, availableParallelism() - 1)),
): Passwords {
  const inPool = createPool(atOnceMax);
  const secret = randomBytes(32);
  /** By record and password: what is being found out, and what was right. */
  const asked = new Map<string, Promise<boolean>>();
  const right = new Set<string>();

  function remember(key: string): void {
    right.add(key);
    const [oldest] = right;
    if (right.size > rightMax && oldest !== undefined) right.delete(oldest);
  }

  async function findOut(key: string, password: string, record: PasswordRecord): Promise<boolean> {
    try {
      const isRight = await inPool(() => matches(password, record));
      if (isRight) remember(key);
      return isRight;
    } finally {
      asked.delete(key);
    }
  }

  const keyOf = (password: string, record: PasswordRecord): string =>
    createHmac("sha256", secret).update(`${record}\0${password}`).digest("base64");

  return {
    recordOf: (password) => inPool(() => newRecord(password)),
    isKnown: (password, record = nobodys) => right.has(keyOf(password, record)),
    async isRight(password, record = nobodys) {
      const key = keyOf(password, record);
      if (right.has(key)) return true;
      const known = asked.get(key) ?? findOut(key, password, record);
      asked.set(key, known);
      return known;
    },
    isOutdated: (record) => !record.startsWith(currentBeginning),
  };
}

/** Of OWASP's Password Storage Cheat Sheet, which calls its choices equally strong, one that needs little memory: 12 MiB, thrice. */
const currentBeginning = "$argon2id$v=19$m=12288,t=3,p=1$";
const saltBytes = 16;
const hashBytes = 32;

/** That nobody finds a password of this record is what argon2id promises. */
const nobodys: PasswordRecord = `${currentBeginning}${"A".repeat(22)}$${"A".repeat(43)}`;

async function newRecord(password: string): Promise<PasswordRecord> {
  const salt = randomBytes(saltBytes);
  const asked = { password, salt, numbers: numbersIn(currentBeginning), hashBytes };
  const hash = await hashArgon2id(asked);
  return `${currentBeginning}${encode(salt)}$${encode(hash)}`;
}

async function matches(password: string, record: PasswordRecord): Promise<boolean> {
  const [, name] = record.split("$");
  const [salt, expected] = record.split("$").slice(-2).map(decode);
  if (salt === undefined || expected === undefined) return false;
  const asked = { password, salt, numbers: numbersIn(record), hashBytes: expected.length };
  switch (name) {
    case "argon2id":
      return timingSafeEqual(await hashArgon2id(asked), expected);
    case "scrypt":
      return timingSafeEqual(await hashScrypt(asked), expected);
    default:
      return false;
  }
}

interface Asked {
  readonly password: string;
  readonly salt: Buffer;
  readonly numbers: ReadonlyMap<string, number>;
  readonly hashBytes: number;
}

/** The parameters of a record: `m=12288,t=3,p=1`. */
function numbersIn(record: string): Asked["numbers"] {
  const pairs = record.matchAll(/([a-z]+)=(\d+)/g);
  return new Map(Array.from(pairs, ([, name = "", number]) => [name, Number(number)]));
}

const argon2Promised = promisify(argon2);
const scryptPromised = promisify<string, Buffer, number, object, Buffer>(scrypt);

function hashArgon2id({ password, salt, numbers, hashBytes: tagLength }: Asked): Promise<Buffer> {
  const [memory = 0, passes = 0, parallelism = 0] = ["m", "t", "p"].map((name) =>
    numbers.get(name),
  );
  const cost = { memory, passes, parallelism };
  return argon2Promised("argon2id", { message: password, nonce: salt, tagLength, ...cost });
}

function hashScrypt({ password, salt, numbers, hashBytes: length }: Asked): Promise<Buffer> {
  const [ln = 0, r = 0, p = 0] = ["ln", "r", "p"].map((name) => numbers.get(name));
  const N = 2 ** ln;
  return scryptPromised(password, salt, length, { N, r, p, maxmem: 256 * N * r });
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function decode(text: string): Buffer {
  return Buffer.from(text, "base64");
}

/** Runs so many at once; the others wait in line. */
function createPool(atOnceMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function takePlace(): Promise<void> {
    if (running < atOnceMax) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  /** The first in line takes the place that is given back. */
  function givePlaceBack(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return async (work) => {
    await takePlace();
    try {
      return await work();
    } finally {
      givePlaceBack();
    }
  };
}
