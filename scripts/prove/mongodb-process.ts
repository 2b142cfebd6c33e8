import { join } from "node:path";
import { type PartProcess, startPartProcess } from "./part-process";

const MAIN = join(__dirname, "../../platform/mongodb/main.ts");

/** The embedded database in a process of its own. */
export interface MongodbProcess extends Omit<PartProcess<unknown>, "ready"> {
  readonly uri: string;
}

/** Starts the embedded database on a folder, or on ":memory:", and waits until it is ready. Throws: as `startPartProcess`. */
export async function startMongodbProcess(dataDir: string): Promise<MongodbProcess> {
  const { ready, ...running } = await startPartProcess<{ readonly mongodbUri: string }>(MAIN, ["--data", dataDir]);
  return { ...running, uri: ready.mongodbUri };
}
