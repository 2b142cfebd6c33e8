import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";
import { startMongodbProcess } from "../prove/mongodb-process";
import { measure, type Effort, type Row } from "./measure";
import { basicTasks, fillDocuments, largeTasks } from "./mongodb-tasks";

const IN_FLIGHT = [1, 64] as const;
const LARGE = 1_000_000;

/**
 * Measures the embedded database in a process of its own through the official driver, each operation against `ping`, which is what the wire and the
 * driver cost by themselves. Options: `--rounds` (5) slices of `--slice` (300) ms for each, `--large` (1,000,000) documents in the large collection.
 */
export async function benchMongodb(given: readonly string[]): Promise<readonly Row[]> {
  const { values } = parseArgs({
    args: [...given],
    options: {
      rounds: { type: "string", default: "5" },
      slice: { type: "string", default: "300" },
      large: { type: "string", default: String(LARGE) },
    },
  });
  const effort = { rounds: Number(values.rounds), sliceMs: Number(values.slice) };
  const folder = mkdtempSync(join(tmpdir(), "mongodb-bench-"));
  try {
    return [
      ...(await benchBasic("memory", ":memory:", effort)),
      ...(await benchBasic("durable", folder, effort)),
      ...(await benchLarge(Number(values.large), effort)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchBasic(store: string, dataDir: string, effort: Omit<Effort, "inFlight">): Promise<Row[]> {
  return withDatabase(dataDir, async (client) => {
    const rows: Row[] = [];
    await fillDocuments(client, "many", 10_000);
    for (const inFlight of IN_FLIGHT) {
      console.error(`bench: ${store}, ${inFlight} in flight`);
      const tasks = basicTasks(client, `, ${store}, ${inFlight} in flight`);
      rows.push(...(await measure(tasks, { ...effort, inFlight })));
    }
    return rows;
  });
}

async function benchLarge(count: number, effort: Omit<Effort, "inFlight">): Promise<Row[]> {
  return withDatabase(":memory:", async (client) => {
    console.error(`bench: filling ${count} documents`);
    await fillDocuments(client, "many", 10_000);
    await fillDocuments(client, "large", count);
    return measure(largeTasks(client, count), { ...effort, inFlight: 1 });
  });
}

async function withDatabase(dataDir: string, run: (client: MongoClient) => Promise<Row[]>): Promise<Row[]> {
  const server = await startMongodbProcess(dataDir);
  const client = new MongoClient(server.uri, { maxPoolSize: 64 });
  try {
    return await run(client);
  } finally {
    await client.close();
    await server.stop();
  }
}
