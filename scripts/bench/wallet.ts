import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";
import { applySchema } from "../db/apply-schema";
import { startMongodbProcess } from "../prove/mongodb-process";
import { BareTransaction } from "./bare-transaction";
import { type Effort, type Row, type Task, measure } from "./measure";
import { type MediciBook, openMediciBook } from "./medici-book";
import { WalletWorld } from "./wallet-world";

const IN_FLIGHT = [1, 64] as const;
const MEDICI_ACCOUNTS = 200;

/**
 * Measures the wallet over the driver in this process, against the embedded database in a process of its own: each
 * operation beside the bare transaction and beside `medici`, slice by slice in turn. Options: `--rounds` (5) slices of
 * `--slice` (400) ms, `--wallets` (10,000), `--ledger` (1,000,000) entries of the long ledger, `--store memory` or `disk`.
 */
export async function benchWallet(given: readonly string[]): Promise<readonly Row[]> {
  const { values } = parseArgs({
    args: [...given],
    options: {
      rounds: { type: "string", default: "5" },
      slice: { type: "string", default: "400" },
      wallets: { type: "string", default: "10000" },
      ledger: { type: "string", default: "1000000" },
      store: { type: "string", default: "disk" },
    },
  });
  const effort = { rounds: Number(values.rounds), sliceMs: Number(values.slice) };
  const folder = values.store === "memory" ? ":memory:" : mkdtempSync(join(tmpdir(), "wallet-bench-"));
  const server = await startMongodbProcess(folder);
  const client = new MongoClient(server.uri, { maxPoolSize: 64 });
  try {
    await applySchema(client, { mode: "apply", prune: false });
    const world = new WalletWorld(client);
    const rows: Row[] = [];
    const field = await prepareField(world, server.uri, Number(values.wallets));
    for (const inFlight of IN_FLIGHT) {
      console.error(`bench: ${inFlight} in flight`);
      rows.push(...(await benchSpends(field, { ...effort, inFlight })));
    }
    await field.medici.close();
    rows.push(...(await benchGrowth(world, Number(values.ledger), { ...effort, inFlight: 1 })));
    return rows;
  } finally {
    await client.close();
    await server.stop();
    if (folder !== ":memory:") rmSync(folder, { recursive: true, force: true });
  }
}

interface Field {
  readonly world: WalletWorld;
  readonly bare: BareTransaction;
  readonly medici: MediciBook;
  readonly hot: string;
  readonly many: readonly string[];
}

async function prepareField(world: WalletWorld, uri: string, wallets: number): Promise<Field> {
  const hot = await world.makeWallet("hot", 1);
  const bare = new BareTransaction(world.client, await world.sampleEntry(hot));
  console.error(`bench: seeding ${wallets} wallets`);
  const many = await world.copyWallet(await world.makeWallet("many", 1), wallets);
  const accounts = ["hot", ...Array.from({ length: MEDICI_ACCOUNTS }, (_, index) => `many${index}`)];
  return { world, bare, medici: await openMediciBook(uri, accounts), hot, many };
}

async function benchSpends(field: Field, effort: Effort): Promise<readonly Row[]> {
  const { world, bare, medici, hot, many } = field;
  const at = `, ${effort.inFlight} in flight`;
  let turn = 0;
  const next = (): number => (turn += 1);
  const one = (): string => many[next() % many.length] ?? hot;
  const account = (): string => `many${next() % MEDICI_ACCOUNTS}`;
  const hotBare = `bare transaction, one wallet${at}`;
  const manyBare = `bare transaction, ${many.length} wallets${at}`;
  const task = (name: string, ratioTo: string | undefined, run: () => Promise<unknown>): Task => ({
    name: name.endsWith(at) ? name : `${name}${at}`,
    ratioTo,
    run,
  });
  const rows = await measure(
    [
      task(hotBare, undefined, () => bare.run(hot)),
      task("consume, one wallet", hotBare, () => world.consume(hot)),
      task("medici checked spend, one account", hotBare, () => medici.spend("hot")),
      task("medici unchecked entry, one account", hotBare, () => medici.entry("hot")),
      task(manyBare, undefined, () => bare.run(one())),
      task(`consume, ${many.length} wallets`, manyBare, () => world.consume(one())),
      task(`medici checked spend, ${MEDICI_ACCOUNTS} accounts`, manyBare, () => medici.spend(account())),
      task("authorize + capture, one wallet", hotBare, () => world.holdAndCapture(hot)),
      task("balance, one wallet", hotBare, () => world.balance(hot)),
    ],
    effort,
  );
  return [...rows, ...toMedici(rows)];
}

/** The spends once more, as ratios to the library's checked spend and to its unchecked entry. */
function toMedici(rows: readonly Row[]): readonly Row[] {
  const consumes = rows.filter(({ name }) => name.startsWith("consume"));
  return consumes.flatMap((row) =>
    rows
      .filter(
        ({ name }) => name.startsWith("medici") && name.includes("one account") === row.name.includes("one wallet"),
      )
      .map((other) => ({
        ...row,
        ratioTo: other.name,
        ratio: Math.round((row.opsPerSecond / other.opsPerSecond) * 100) / 100,
      })),
  );
}

/** What a spend costs on a long ledger and on many lots, beside one on a short ledger and one lot. */
async function benchGrowth(world: WalletWorld, entries: number, effort: Effort): Promise<readonly Row[]> {
  const short = await world.makeWallet("short", 1);
  await world.fillLedger(short, 1_000);
  const long = await world.makeWallet("long", 1);
  console.error(`bench: filling ${entries} ledger entries`);
  await world.fillLedger(long, entries);
  const crowded = await world.makeWallet("crowded", 200);
  const base = "consume, 1000 entries, 1 lot";
  return measure(
    [
      { name: base, ratioTo: undefined, run: () => world.consume(short) },
      { name: `consume, ${entries} entries, 1 lot`, ratioTo: base, run: () => world.consume(long) },
      { name: "consume, 200 entries, 200 lots", ratioTo: base, run: () => world.consume(crowded) },
      { name: "balance, 200 lots", ratioTo: base, run: () => world.balance(crowded) },
    ],
    effort,
  );
}
