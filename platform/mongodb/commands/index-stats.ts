import type { Doc, Value } from "../bson/values";
import { idIndexOf } from "./listings";
import type { CommandContext } from "./context";
import { findCollection } from "./target";

/** What the `$indexStats` stage gives: how often queries have used each index since it was built or loaded. */
export function indexStats(context: CommandContext, name: string): Doc[] {
  const { server } = context;
  const collection = findCollection(context, name);
  if (collection === undefined) return [];
  const describe = (specification: Doc, uses: number, since: Date): Doc =>
    new Map<string, Value>([
      ["name", specification.get("name") ?? ""],
      ["key", specification.get("key") ?? new Map()],
      ["host", server.address],
      [
        "accesses",
        new Map<string, Value>([
          ["ops", BigInt(uses)],
          ["since", since],
        ]),
      ],
      ["spec", specification],
    ]);
  const byId = collection.idIndex === undefined ? collection.idUses : collection.idIndex.uses;
  const idIndex = idIndexOf(collection);
  return [
    ...(idIndex === undefined ? [] : [describe(idIndex, byId, new Date(server.startedMs))]),
    ...collection.indexes.map(({ definition, uses, since }) => describe(definition.specification, uses, since)),
  ];
}
