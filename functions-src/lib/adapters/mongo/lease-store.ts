import type { Database } from "../../ports/collection";
import type { LeaseStore } from "../../ports/lease-store";
import { insertOnce } from "./insert-once";
import { fromDbInteger, toDbInteger } from "./mapping";

/**
 * Makes leases over the collection `leases`. Deadlines are written and compared by the database's clock (`$$NOW`), so clocks of
 * processes that disagree, and a test clock that stands still, cannot end or prolong one.
 */
export function createLeaseStore(database: Database): LeaseStore {
  const collection = database.collection("leases");
  const until = (holdMs: number): object => ({ $add: ["$$NOW", holdMs] });
  return {
    acquire: async (name, owner, holdMs) => {
      const free = {
        _id: name,
        schemaVersion: 1,
        owner: "nobody",
        fence: toDbInteger(database, 0),
        until: new Date(0),
      };
      await insertOnce(() => collection.insertMany([free]));
      const ended = { _id: name, $expr: { $lte: ["$until", "$$NOW"] } };
      const taken = [{ $set: { owner, fence: { $add: ["$fence", 1] }, until: until(holdMs) } }];
      if (!(await collection.updateOne(ended, taken)).matched) return null;
      const lease = await collection.findOne({ _id: name, owner });
      return lease === null ? null : fromDbInteger(lease["fence"], "fence");
    },
    renew: async (name, fence, holdMs) => {
      const ours = { _id: name, fence: toDbInteger(database, fence) };
      return (await collection.updateOne(ours, [{ $set: { until: until(holdMs) } }])).matched;
    },
    release: async (name, fence) => {
      await collection.updateOne({ _id: name, fence: toDbInteger(database, fence) }, { $set: { until: new Date(0) } });
    },
  };
}
