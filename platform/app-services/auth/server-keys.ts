import { createHmac, timingSafeEqual } from "node:crypto";
import { ObjectId } from "mongodb";
import type { Clock } from "../clock";
import { isDuplicateKey, type CredentialDoc, type Store } from "../store/store";

/** Keys shorter than this can be guessed at the rate an open endpoint allows. */
const SHORTEST_KEY = 16;

/** Server API keys: each is a user of type "server". */
export interface ServerKeys {
  /** Answers the credential of a key, or null. Holds: compares every key in constant time. */
  find(key: string): CredentialDoc | null;
}

/**
 * Makes the given keys the server keys of the app: new ones are stored as hashes, changed ones replaced (their sessions end), missing
 * ones disabled.
 *
 * Throws: an Error that names the key by its name when it is too short or given twice.
 */
export async function applyServerKeys(deps: {
  readonly store: Store;
  readonly appId: string;
  readonly clock: Clock;
  readonly signingKey: Uint8Array;
  readonly keys: readonly { readonly name: string; readonly key: string }[];
}): Promise<ServerKeys> {
  const { store, appId, clock, keys } = deps;
  const hash = (key: string): string => createHmac("sha256", deps.signingKey).update(key).digest("base64");
  assertKeys(keys);
  const credentials: CredentialDoc[] = [];
  for (const { name, key } of keys) {
    credentials.push(await applyKey({ store, appId, now: clock.now(), name, secretHash: hash(key) }));
  }
  await store.credentials.updateMany(
    { app: appId, provider: "api-key", providerId: { $nin: keys.map(({ name }) => name) }, disabled: false },
    { $set: { disabled: true } },
  );
  return {
    find(key) {
      const given = Buffer.from(hash(key));
      let found: CredentialDoc | null = null;
      for (const credential of credentials) {
        if (timingSafeEqual(given, Buffer.from(credential.secretHash))) found = credential;
      }
      return found;
    },
  };
}

function assertKeys(keys: readonly { readonly name: string; readonly key: string }[]): void {
  const names = new Set<string>();
  for (const { name, key } of keys) {
    if (key.length < SHORTEST_KEY) {
      throw new Error(`Server API key "${name}" has ${key.length} characters, expected at least ${SHORTEST_KEY}`);
    }
    if (names.has(name)) throw new Error(`Server API key "${name}" is given twice, expected different names`);
    names.add(name);
  }
}

interface ApplyKeyInput {
  readonly store: Store;
  readonly appId: string;
  readonly now: Date;
  readonly name: string;
  readonly secretHash: string;
}

async function applyKey(input: ApplyKeyInput): Promise<CredentialDoc> {
  const { store, appId, now, name, secretHash } = input;
  const filter = { app: appId, provider: "api-key" as const, providerId: name };
  const found = await store.credentials.findOne(filter);
  if (found === null) {
    const made = {
      _id: new ObjectId(),
      ...filter,
      secretHash,
      userId: new ObjectId(),
      disabled: false,
      createdAt: now,
    };
    try {
      await store.credentials.insertOne(made);
    } catch (error) {
      // Another runtime starts beside this one; what it wrote is then checked like any older key.
      if (isDuplicateKey(error)) return applyKey(input);
      throw error;
    }
    return made;
  }
  if (found.secretHash !== secretHash || found.disabled) {
    await store.credentials.updateOne({ _id: found._id }, { $set: { secretHash, disabled: false } });
    await store.sessions.updateMany(
      { app: appId, userId: found.userId, revokedAt: { $exists: false } },
      { $set: { revokedAt: now } },
    );
  }
  return { ...found, secretHash, disabled: false };
}
