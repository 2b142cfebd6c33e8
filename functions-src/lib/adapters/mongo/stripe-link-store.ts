import type { Database } from "../../ports/collection";
import type { StripeLinkStore } from "../../ports/stripe-links";
import { insertOnce } from "./insert-once";
import { fromDbText, toDbInstant } from "./mapping";

/** Makes the store of links over the collection `stripeLinks`. */
export function createStripeLinkStore(database: Database): StripeLinkStore {
  const collection = database.collection("stripeLinks");
  return {
    put: async ({ mode, stripeId, accountId, cause, at }) => {
      const document = { _id: `${mode}:${stripeId}`, schemaVersion: 1, accountId, cause, at: toDbInstant(at) };
      await insertOnce(() => collection.insertMany([document]));
    },
    find: async (mode, stripeId) => {
      const document = await collection.findOne({ _id: `${mode}:${stripeId}` });
      if (document === null) return null;
      return {
        accountId: fromDbText(document["accountId"], "accountId"),
        cause: fromDbText(document["cause"], "cause"),
      };
    },
  };
}
