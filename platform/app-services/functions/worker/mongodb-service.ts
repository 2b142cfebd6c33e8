import type { ClientSession, ClientSessionOptions, Db, Document, MongoClient, ReadPreferenceMode } from "mongodb";
import { ServiceCursor } from "./cursor";
import { ServiceCollection } from "./service-collection";

/** What `context.services.get("<data source>")` answers. */
export interface MongodbService {
  db(name: string): ServiceDatabase;
  admin(): { getDBNames(): Promise<string[]> };
  startSession(options?: ClientSessionOptions): ClientSession;
}

interface ServiceDatabase {
  collection(name: string): ServiceCollection;
  getCollectionNames(): Promise<string[]>;
  aggregate(pipeline: Document[], options?: Document): ServiceCursor;
}

/** Creates the service client of one data source over the worker's connection pool. */
export function createMongodbService(client: MongoClient, readPreference: ReadPreferenceMode): MongodbService {
  return {
    db: (name) => toServiceDatabase(client.db(name, { readPreference })),
    admin: () => ({
      async getDBNames() {
        const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
        return databases.map((database) => database.name);
      },
    }),
    startSession: (options) => client.startSession(options),
  };
}

/**
 * Thrown when a function with the caller's rights reaches for data: the runtime has no rules engine yet, and to let the call through
 * would be to ignore the rules of the tree.
 */
export class RulesNotSupportedError extends Error {
  override readonly name = "RulesNotSupportedError";

  constructor(functionName: string, service: string) {
    super(
      `RulesNotSupported: function '${functionName}' used the service '${service}' with the caller's rights, but this runtime does not ` +
        "evaluate rules yet, expected run_as_system: true in functions/config.json",
    );
  }
}

function toServiceDatabase(db: Db): ServiceDatabase {
  return {
    collection: (name) => new ServiceCollection(db.collection(name)),
    async getCollectionNames() {
      return (await db.listCollections({}, { nameOnly: true }).toArray()).map((info) => info.name);
    },
    aggregate: (pipeline, options = {}) => new ServiceCursor(db.aggregate(pipeline, options)),
  };
}
