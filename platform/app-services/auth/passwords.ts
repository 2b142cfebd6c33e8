import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { createWorkQueue, type WorkQueue } from "./work-queue";

interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MB and about 100 ms a hash: OWASP's equivalent of N = 2^17, p = 1 for machines with little memory. */
const COST: ScryptCost = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;

/** Hashes and checks passwords. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Checks a password against a stored hash, or against a made-up one when there is none.
   *
   * Holds: takes the same time for unknown users, so that time does not tell who is registered.
   */
  verify(password: string, stored: string | null): Promise<boolean>;
}

/**
 * Creates the password hasher.
 *
 * Throws: `QueueFullError` when too many hashes wait; each costs 32 MB, so a flood of log-ins must not all run.
 */
export function createPasswords(queue: WorkQueue = createWorkQueue({ concurrency: 2, limit: 512 })): Passwords {
  const dummy = formatHash(COST, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return formatHash(COST, salt, await queue.run(() => derive(password, salt, COST, HASH_BYTES)));
    },
    async verify(password, stored) {
      const parts = parseHash(stored ?? dummy);
      const derived = await queue.run(() => derive(password, parts.salt, parts.cost, parts.hash.length));
      return timingSafeEqual(derived, parts.hash) && stored !== null;
    },
  };
}

function derive(password: string, salt: Buffer, cost: ScryptCost, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // NFKC: the same password typed on another keyboard must give the same bytes.
    scrypt(password.normalize("NFKC"), salt, length, { ...cost, maxmem: MAX_MEMORY_BYTES }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function formatHash(cost: ScryptCost, salt: Buffer, hash: Buffer): string {
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64"), hash.toString("base64")].join("$");
}

function parseHash(stored: string): { readonly cost: ScryptCost; readonly salt: Buffer; readonly hash: Buffer } {
  const [scheme, n, r, p, salt, hash] = stored.split("$");
  if (scheme !== "scrypt" || salt === undefined || hash === undefined)
    throw new Error("Stored password hash has an unknown form");
  return {
    cost: { N: Number(n), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}
