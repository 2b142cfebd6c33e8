import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { checkHistory } from "./isolation/check-history";
import { recordHistory } from "./isolation/record-history";
import { startMongodbProcess } from "./mongodb-process";
import { readProofOptions } from "./proof-options";
import { createSeededRandom } from "./seeded-random";

const HISTORIES_PER_REPORT = 500;

/** What a proof of isolation counted. Holds for a passed proof: `wrong` is empty. */
export interface IsolationProof {
  readonly histories: number;
  readonly transactions: number;
  readonly committed: number;
  readonly aborted: number;
  /** Histories that are not serializable, in the one way that snapshot isolation allows. */
  readonly withWriteSkew: number;
  readonly wrong: readonly string[];
}

/** Records histories of random concurrent transactions on a running database and judges each by snapshot isolation. */
export async function proveIsolation(options: {
  readonly uri: string;
  readonly rounds: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}): Promise<IsolationProof> {
  const random = createSeededRandom(options.seed);
  const client = new MongoClient(options.uri);
  const total = { histories: 0, transactions: 0, committed: 0, aborted: 0, withWriteSkew: 0, wrong: [] as string[] };
  try {
    while (total.histories < options.rounds && total.wrong.length === 0) {
      const history = await recordHistory(client, `${options.seed}.${total.histories}`, random);
      const verdict = checkHistory(history);
      total.histories += 1;
      total.transactions += history.transactions.length;
      total.committed += history.transactions.filter((one) => one.status === "committed").length;
      total.aborted += history.transactions.filter((one) => one.status === "aborted").length;
      if (verdict.hasWriteSkew) total.withWriteSkew += 1;
      total.wrong.push(...verdict.anomalies.map((anomaly) => `${anomaly.kind}: ${anomaly.detail}`));
      if (total.histories % HISTORIES_PER_REPORT === 0)
        options.report(`${total.histories} of ${options.rounds} histories, ${total.committed} commits`);
    }
  } finally {
    await client.close();
  }
  return total;
}

/**
 * Runs the proof from the command line: `--rounds` histories (10,000), half of them in memory and half on disk, where commits wait for a flush and so
 * overlap otherwise; and `--seed` (1). Returns: whether it holds.
 */
export async function isolationProof(given: readonly string[]): Promise<boolean> {
  const { rounds, seed } = readProofOptions(given, { rounds: 10_000, seed: 1 });
  const folder = mkdtempSync(join(tmpdir(), "mongodb-isolation-"));
  try {
    const proofs: IsolationProof[] = [];
    for (const [dataDir, share] of [
      [":memory:", Math.ceil(rounds / 2)],
      [folder, Math.floor(rounds / 2)],
    ] as const) {
      const server = await startMongodbProcess(dataDir);
      const report = (line: string): void => console.log(`${dataDir === folder ? "on disk" : "in memory"}: ${line}`);
      proofs.push(await proveIsolation({ uri: server.uri, rounds: share, seed: seed + proofs.length, report }));
      await server.stop();
    }
    console.log(JSON.stringify({ inMemory: proofs[0], onDisk: proofs[1] }));
    return proofs.every((proof) => proof.wrong.length === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
