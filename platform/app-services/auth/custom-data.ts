import { BSON, ObjectId, type MongoClient } from "mongodb";
import type { CustomUserData } from "../tree/app-tree";

/** Reads the custom data document of a user, as canonical extended JSON for the token. */
export interface CustomDataReader {
  load(userId: string): Promise<Readonly<Record<string, unknown>>>;
}

/** Turns the claim of a token back into values. */
export function fromClaim(claim: unknown): Readonly<Record<string, unknown>> {
  return typeof claim === "object" && claim !== null && !Array.isArray(claim)
    ? BSON.EJSON.deserialize({ ...claim })
    : {};
}

/**
 * Creates the reader; without custom user data in the tree it always answers an empty document.
 *
 * Holds: like on Atlas the id is compared as text first, then as an ObjectId.
 */
export function createCustomDataReader(client: MongoClient, config: CustomUserData | null): CustomDataReader {
  if (config === null) return { load: () => Promise.resolve({}) };
  const collection = client.db(config.database).collection(config.collection);
  return {
    async load(userId) {
      const found =
        (await collection.findOne({ [config.userIdField]: userId })) ??
        (await collection.findOne({ [config.userIdField]: ObjectId.createFromHexString(userId) }));
      return found === null ? {} : BSON.EJSON.serialize(found, { relaxed: false });
    },
  };
}
