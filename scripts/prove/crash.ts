import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { checkDatabase } from "./crash/check-database";
import { createIndexes, DATABASE, type Outcomes, Slots, writeUntilKilled } from "./crash/operations";
import { StreamReplica } from "./crash/stream-replica";
import { startMongodbProcess } from "./mongodb-process";
import { readProofOptions } from "./proof-options";
import { createSeededRandom, type SeededRandom } from "./seeded-random";

const WRITERS = 16;
const ROUNDS_PER_FOLDER = 25;
const MAX_ACKNOWLEDGED = 80;
const MAX_PAUSE_MS = 30;

/** What a proof of crashes counted. Holds for a passed proof: `wrong` is empty. */
export interface CrashProof {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Operations whose answer the crash cut off. */
  readonly unanswered: number;
  readonly streamEvents: number;
  readonly wrong: readonly string[];
}

/** Runs the proof from the command line: `--rounds` (500) and `--seed` (1). Returns: whether it holds. */
export async function crashProof(given: readonly string[]): Promise<boolean> {
  const options = readProofOptions(given, { rounds: 500, seed: 1 });
  const proof = await proveCrashes({ ...options, report: (line) => console.log(line) });
  console.log(JSON.stringify(proof));
  return proof.wrong.length === 0 && proof.rounds === options.rounds;
}

interface Folder {
  readonly path: string;
  readonly outcomes: Outcomes;
  readonly replica: StreamReplica;
}

/**
 * Kills the embedded database at random moments under 16 writers, whose transactions span three collections and meet on a unique index, and starts
 * it again. After each start what was acknowledged must be there, what was not must be there wholly or not at all, indexes must agree with
 * documents, and a change stream that is resumed must give a copy of the database.
 */
export async function proveCrashes(options: {
  readonly rounds: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}): Promise<CrashProof> {
  const random = createSeededRandom(options.seed);
  const total = { rounds: 0, acknowledged: 0, refused: 0, unanswered: 0, streamEvents: 0, wrong: [] as string[] };
  while (total.rounds < options.rounds && total.wrong.length === 0) {
    // Fresh folders now and then keep the documents that are compared few, and so the rounds short.
    const folder: Folder = {
      path: mkdtempSync(join(tmpdir(), "mongodb-crash-")),
      outcomes: { acknowledged: new Set(), refused: new Set(), lost: new Set() },
      replica: new StreamReplica(),
    };
    try {
      const rounds = Math.min(ROUNDS_PER_FOLDER, options.rounds - total.rounds);
      for (let round = 0; round <= rounds; round += 1) {
        const isLast = round === rounds;
        total.wrong.push(...(await runRound(folder, round, isLast ? undefined : random)));
        if (isLast || total.wrong.length > 0) break;
        total.rounds += 1;
        total.unanswered += folder.outcomes.lost.size;
      }
      total.acknowledged += folder.outcomes.acknowledged.size;
      total.refused += folder.outcomes.refused.size;
      total.streamEvents += folder.replica.events;
    } finally {
      rmSync(folder.path, { recursive: true, force: true });
    }
    options.report(`${total.rounds} of ${options.rounds} crashes, ${total.acknowledged} acknowledged`);
  }
  return total;
}

/** Starts the database, compares, and unless it is the last round writes until a random moment and kills. Returns what is wrong. */
async function runRound(folder: Folder, round: number, random: SeededRandom | undefined): Promise<string[]> {
  const { outcomes, replica } = folder;
  const server = await startMongodbProcess(folder.path);
  const client = new MongoClient(server.uri, { serverSelectionTimeoutMS: 300, maxPoolSize: WRITERS + 2 });
  try {
    const db = client.db(DATABASE);
    if (round === 0) {
      await createIndexes(db);
      await replica.begin(db);
    } else {
      await replica.compare(db, round);
      const wrong = [...(await checkDatabase(db, outcomes)), ...replica.wrong];
      if (wrong.length > 0 || random === undefined) return wrong.slice(0, 20).map((line) => `round ${round}: ${line}`);
    }
    if (random === undefined) return [];
    const slots = new Slots(round * 1_000_000);
    const writers = Array.from({ length: WRITERS }, (_, index) =>
      writeUntilKilled(client, `${round}-${index}`, slots, outcomes),
    );
    // Nobody ends before the kill, so the race is only won by somebody who failed in a way that is not foreseen.
    const working = Promise.all([...writers, replica.follow(db)]);
    await Promise.race([killMoment(outcomes, random), working]);
    await server.kill();
    await working;
    return [];
  } finally {
    await server.kill();
    await client.close();
  }
}

/** Waits for some acknowledgements and then some milliseconds more, so that the kill falls anywhere in the work of the database. */
async function killMoment({ acknowledged }: Outcomes, random: SeededRandom): Promise<void> {
  const target = acknowledged.size + random.below(MAX_ACKNOWLEDGED);
  while (acknowledged.size < target) await new Promise((resolve) => setImmediate(resolve));
  await pause(random.below(MAX_PAUSE_MS));
}
