import { MongoClient } from "mongodb";
import { createDatabaseFromDriver } from "../../functions-src/lib/adapters/mongo/from-driver";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { Database } from "../../functions-src/lib/ports/collection";
import { startMongodb } from "../../platform/mongodb";
import { applySchema } from "../../scripts/db/apply-schema";

/** A database with the product's schema, on the embedded server or on the one that TEST_DATABASE names. */
export interface TestDatabase {
  readonly uri: string;
  readonly client: MongoClient;
  readonly database: Database;
  close(): Promise<void>;
}

/** Starts a fresh database with collections, validators and indexes. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const server = await startServer();
  const client = await MongoClient.connect(server.uri);
  await client.db(DATABASE_NAME).dropDatabase();
  await applySchema(client, { mode: "apply", prune: false });
  return {
    uri: server.uri,
    client,
    database: createDatabaseFromDriver(client, DATABASE_NAME),
    close: async () => {
      await client.close();
      await server.stop();
    },
  };
}

/** `TEST_DATABASE` unset: the embedded server; `mongod`: one that mongodb-memory-server runs; else an address. */
export async function startServer(): Promise<{ readonly uri: string; stop(): Promise<void> }> {
  const choice = process.env["TEST_DATABASE"];
  if (choice === undefined || choice === "") {
    const server = await startMongodb({ dataDir: ":memory:" });
    return { uri: server.uri, stop: () => server.close() };
  }
  if (choice !== "mongod") return { uri: choice, stop: () => Promise.resolve() };
  const { MongoMemoryReplSet } = await import("mongodb-memory-server");
  const replicaSet = await MongoMemoryReplSet.create({ replSet: { count: 1 }, binary: { version: "8.0.17" } });
  return { uri: replicaSet.getUri(), stop: async () => void (await replicaSet.stop()) };
}
