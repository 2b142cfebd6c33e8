import {
  MongoClient,
  type Db,
  type Document,
  type Double,
  type Int32,
  type Long,
  type MongoClientOptions,
} from "mongodb";
import { startMongodb, type Mongodb, type MongodbOptions } from "../../../platform/mongodb";

/** A document of any shape. */
export type Row = Document & { _id: number | string | Int32 | Long | Double };

export interface StartedServer {
  readonly server: Mongodb;
  readonly client: MongoClient;
  readonly db: Db;
  /** A further client of the same server, closed with it. */
  connect(options?: MongoClientOptions): Promise<MongoClient>;
  close(): Promise<void>;
}

/** Starts a server and connects the official driver to it. */
export async function startServer(
  dataDir = ":memory:",
  options: MongoClientOptions = {},
  settings: Partial<MongodbOptions> = {},
): Promise<StartedServer> {
  const server = await startMongodb({ ...settings, dataDir });
  const clients: MongoClient[] = [];
  const connect = async (given: MongoClientOptions = {}): Promise<MongoClient> => {
    const client = await new MongoClient(server.uri, given).connect();
    clients.push(client);
    return client;
  };
  const client = await connect(options);
  return {
    server,
    client,
    db: client.db("test"),
    connect,
    close: async () => {
      await Promise.all(clients.map((one) => one.close()));
      await server.close();
    },
  };
}

/** What a rejected promise was rejected with. */
export async function errorOf(work: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  try {
    await work;
  } catch (error) {
    return error as Record<string, unknown> & Error;
  }
  throw new Error("Expected a rejection");
}
