import { MongoClient } from "mongodb";
import { parseArgs } from "node:util";
import { applySchema } from "./db/apply-schema";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { "dry-run": { type: "boolean", default: false }, prune: { type: "boolean", default: false } },
  });
  const uri = process.env["MONGODB_URI"];
  if (uri === undefined || uri === "") {
    throw new Error(
      "MONGODB_URI: expected the address of a replica set, got nothing. (npm start applies the schema to its embedded server by itself.)",
    );
  }
  const client = await MongoClient.connect(uri, { serverSelectionTimeoutMS: 5000 });
  try {
    const mode = values["dry-run"] ? "compare" : "apply";
    const changes = await applySchema(client, { mode, prune: values.prune });
    for (const { kind, collection, detail } of changes)
      console.log(`${kind.padEnd(18)} ${collection.padEnd(18)} ${detail}`);
    console.log(
      changes.length === 0
        ? "Nothing differs"
        : `${changes.length} ${mode === "apply" ? "changes made" : "differences"}`,
    );
  } finally {
    await client.close();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
