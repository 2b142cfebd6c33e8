import { readFileSync } from "node:fs";
import { join } from "node:path";
import type {
  CollectionDefinition,
  IndexDefinition,
} from "../../functions-src/lib/adapters/mongo/schema/define-collection";
import { COLLECTIONS } from "../../functions-src/lib/adapters/mongo/schema/collections";

const page = readFileSync(join(__dirname, "..", "..", "docs", "database.md"), "utf8");

function indexInWords({ name, key, unique, partialFilterExpression, expireAfterSeconds }: IndexDefinition): string {
  const words = [
    `\`${name}\`${unique === true ? " unique" : ""} (${Object.keys(key).join(", ")})`,
    ...(partialFilterExpression === undefined ? [] : ["partial"]),
    ...(expireAfterSeconds === undefined ? [] : ["TTL"]),
  ];
  return words.join(", ");
}
function rowOf({ name, indexes, shardKey }: CollectionDefinition): string {
  const shown = indexes.length === 0 ? "none: read by `_id`" : indexes.map(indexInWords).join("; ");
  return `| \`${name}\` | ${shown} | ${shardKey ?? "not sharded"} |`;
}

describe("docs/database.md", () => {
  it.each(COLLECTIONS.map((definition) => [definition.name, definition] as const))(
    "lists every index of %s as the schema file declares it",
    (_name, definition) => {
      expect(page.split("\n")).toContain(rowOf(definition));
    },
  );
});
