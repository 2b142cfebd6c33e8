import type { Doc, Value } from "../bson/values";

/** Options that only text indexes have. */
export const textOptions: readonly string[] = ["weights", "default_language", "language_override", "textIndexVersion"];

/** Tells a text index by its key pattern. It is accepted and listed, so that definitions made for Atlas can be applied; it holds nothing, and `$text` is refused. */
export function isTextKey(key: Doc): boolean {
  return [...key.values()].includes("text");
}

/** The specification of a text index as a server lists it, with its fields as weights. */
export function textSpecification(specification: Doc, name: string): Doc {
  const key = specification.get("key");
  const fields = key instanceof Map ? [...key] : [];
  const shownKey: Doc = new Map();
  const weights: Doc = new Map();
  for (const [path, direction] of fields) {
    if (direction !== "text") shownKey.set(path, direction);
    else {
      shownKey.set("_fts", "text").set("_ftsx", 1);
      if (path !== "_fts") weights.set(path, 1);
    }
  }
  const given = specification.get("weights");
  if (given instanceof Map) for (const [path, weight] of given) weights.set(path, weight);
  return new Map<string, Value>([
    ["v", 2],
    ["key", shownKey],
    ["name", name],
    ["weights", weights],
    ["default_language", specification.get("default_language") ?? "english"],
    ["language_override", specification.get("language_override") ?? "language"],
    ["textIndexVersion", 3],
  ]);
}
