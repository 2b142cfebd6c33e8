import { serverError } from "../errors";
import { planChange, type Change } from "./change";

/** Works out which documents of a capped collection, the oldest first, make room for one that is inserted. Throws: BadValue when it fits in no case. */
export function planEvictions({ collection, before, after }: Change): Change[] {
  const { capped } = collection.options;
  if (capped === undefined || before !== undefined || after === undefined) return [];
  const { sizeBytes, maxDocuments = Number.POSITIVE_INFINITY } = capped;
  if (after.length > sizeBytes) {
    throw serverError("BadValue", `Object to insert of ${after.length} bytes exceeds the capped size of ${sizeBytes}`);
  }
  const evictions: Change[] = [];
  let bytes = collection.dataBytes + after.length;
  let count = collection.live.documents.size + 1;
  if (bytes <= sizeBytes && count <= maxDocuments) return evictions;
  for (const [idKey, old] of collection.live.documents.entries()) {
    if (bytes <= sizeBytes && count <= maxDocuments) break;
    evictions.push(planChange({ collection, idKey, before: old, after: undefined, isReplacement: false }));
    bytes -= old.length;
    count -= 1;
  }
  return evictions;
}
