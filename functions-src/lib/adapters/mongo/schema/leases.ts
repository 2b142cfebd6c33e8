import { type CollectionDefinition, amount, instant, text } from "./define-collection";

export const leasesDefinition: CollectionDefinition = {
  name: "leases",
  what: "who does work that only one process should do at a time",
  schemaVersion: 1,
  shardKey: null,
  properties: { _id: text(), owner: text(), fence: amount, until: instant },
  indexes: [],
};
