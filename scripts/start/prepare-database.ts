import { type Document, MongoClient } from "mongodb";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createCatalogStore } from "../../functions-src/lib/adapters/mongo/catalog-store";
import { createDatabaseFromDriver } from "../../functions-src/lib/adapters/mongo/from-driver";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { createDigest } from "../../functions-src/lib/adapters/node/digest";
import { parseCatalog } from "../../functions-src/lib/edge/parse/catalog";
import { type Publication, publishCatalog } from "../../functions-src/lib/usecases/publish-catalog";
import { ROOT } from "../build/definitions";
import { type SchemaChange, applySchema } from "../db/apply-schema";

const MINIMUM_VERSION = [8, 0, 17] as const;
const CATALOG_FILE = join(ROOT, "catalog", "demo.json");

/** What the start found or did in a database. */
export interface Preparation {
  readonly changes: readonly SchemaChange[];
  readonly publication: Publication | null;
}

/**
 * Makes a database ready: applies the schema to the embedded server; a database of the customer's own is only compared.
 * Publishes the demo catalog unless real money is involved.
 * Throws: an Error that says what is missing when the database is not ready.
 */
export async function prepareDatabase(
  uri: string,
  options: { readonly embedded: boolean; readonly identityKey: string; readonly publishDemo: boolean },
): Promise<Preparation> {
  const client = await connect(uri);
  try {
    await requireServer(client);
    const mode = options.embedded ? "apply" : "compare";
    const changes = await applySchema(client, { mode, prune: false });
    if (!options.embedded && changes.length > 0) throw new Error(notReady(changes));
    const publication = options.publishDemo ? await publishDemo(client, options.identityKey) : null;
    return { changes, publication };
  } finally {
    await client.close();
  }
}

async function connect(uri: string): Promise<MongoClient> {
  try {
    return await MongoClient.connect(uri, { serverSelectionTimeoutMS: 5000 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`MONGODB_URI: expected a MongoDB that answers, got: ${why}`, { cause: error });
  }
}

/** Transactions need a replica set or a sharded cluster, and the validators and retries were written for 8.0.17 and later. */
async function requireServer(client: MongoClient): Promise<void> {
  const admin = client.db("admin");
  const hello: Document = await admin.command({ hello: 1 });
  if (hello["setName"] === undefined && hello["msg"] !== "isdbgrid") {
    throw new Error(
      "MONGODB_URI: expected a replica set or a sharded cluster, got a standalone server, which has no transactions",
    );
  }
  const build: Document = await admin.command({ buildInfo: 1 });
  const version = String(build["version"]);
  if (compareVersions(version.split(".").map(Number), MINIMUM_VERSION) < 0) {
    throw new Error(`MONGODB_URI: expected MongoDB ${MINIMUM_VERSION.join(".")} or later, got ${version}`);
  }
}

function compareVersions(left: readonly number[], right: readonly number[]): number {
  const index = right.findIndex((part, place) => (left[place] ?? 0) !== part);
  return index === -1 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}

function notReady(changes: readonly SchemaChange[]): string {
  const lines = changes.slice(0, 10).map(({ kind, collection, detail }) => `  ${kind} ${collection}: ${detail}`);
  return ["The database is not ready; run `npm run db:apply` first. It would make these changes:", ...lines].join("\n");
}

/** Publishes a catalog as its file says it; versions that exist already stay. */
export async function publishFile(client: MongoClient, identityKey: string, file: unknown): Promise<Publication> {
  const database = createDatabaseFromDriver(client, DATABASE_NAME);
  const deps = { catalogVersions: createCatalogStore(database), digest: createDigest(identityKey) };
  return publishCatalog(deps, parseCatalog(file));
}

/** Publishes `catalog/demo.json`. */
export async function publishDemo(client: MongoClient, identityKey: string): Promise<Publication> {
  const file: unknown = JSON.parse(readFileSync(CATALOG_FILE, "utf8"));
  try {
    return await publishFile(client, identityKey, file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${relative(ROOT, CATALOG_FILE)}: ${why}`, { cause: error });
  }
}
