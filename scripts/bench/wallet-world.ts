import { type Collection, type Document, Long, type MongoClient } from "mongodb";
import { toAmount } from "../../functions-src/lib/domain/amount";
import { createDatabaseFromDriver } from "../../functions-src/lib/adapters/mongo/from-driver";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { consume } from "../../functions-src/lib/usecases/consume";
import type { Deps } from "../../functions-src/lib/usecases/deps";
import { grantTokens } from "../../functions-src/lib/usecases/grant-tokens";
import { authorize, capture } from "../../functions-src/lib/usecases/holds";
import { readBalance } from "../../functions-src/lib/usecases/read-balance";
import { depsOver } from "../../tests/support/deps";

const UNIT = "tokens";
const USER = { kind: "user", userId: "u", email: null, anonymous: false } as const;
const OPERATOR = { kind: "operator", id: "bench" } as const;
const UNITS_PER_LOT = 1_000_000_000;
/** Whole numbers stay 64 bits wide, as the validators want them back. */
export const AS_STORED = { promoteLongs: false } as const;
const ROWS_AT_ONCE = 5_000;

type Row = Document & { _id: string };

/** Wallets to measure on, and what a caller of the product does with them, over the driver in this process. */
export class WalletWorld {
  readonly deps: Deps;
  private count = 0;

  constructor(readonly client: MongoClient) {
    this.deps = depsOver(createDatabaseFromDriver(client, DATABASE_NAME));
  }

  /** Makes an account whose wallet has so many lots of a billion units. */
  async makeWallet(accountId: string, lots: number): Promise<string> {
    const now = Date.now();
    await this.deps.accounts.createUserWithAccount({ userId: `user-${accountId}`, accountId, at: now });
    for (let lot = 0; lot < lots; lot += 1) {
      const terms = { effectiveAt: null, expiresAt: null, costMinor: toAmount(0), currency: null, scope: null };
      const grant = { accountId, unit: UNIT, amount: toAmount(UNITS_PER_LOT), class: "promo", priority: 50 } as const;
      const answer = await grantTokens(
        this.deps,
        OPERATOR,
        { key: `seed-${lot}`, reason: "bench", ...grant, ...terms },
        now,
      );
      if (!answer.ok) throw new Error(`The grant was refused: ${answer.code}`);
    }
    return `${accountId}:${UNIT}`;
  }

  /** Makes copies of a wallet for other accounts, with its ledger. */
  async copyWallet(walletId: string, count: number): Promise<readonly string[]> {
    const [accountId = ""] = walletId.split(":");
    const names = Array.from({ length: count }, (_, index) => `${accountId}c${index}`);
    for (const name of ["wallets", "ledger", "lots"]) {
      const originals = await this.rows(name).find({ accountId }, AS_STORED).toArray();
      await this.insert(
        name,
        names.flatMap((copy) => originals.map((row) => renamed(row, accountId, copy) as Row)),
      );
    }
    return names.map((copy) => `${copy}:${UNIT}`);
  }

  /** Fills the ledger of a wallet with copies of its last entry up to so many, and moves the wallet's number behind them. */
  async fillLedger(walletId: string, entries: number): Promise<void> {
    const [accountId = ""] = walletId.split(":");
    const [last] = await this.rows("ledger").find({ accountId }, AS_STORED).sort({ seq: -1 }).limit(1).toArray();
    if (last === undefined) throw new Error(`The wallet ${walletId} has no entry to copy`);
    const from = Number(last["seq"]);
    for (let seq = from + 1; seq <= entries; seq += ROWS_AT_ONCE) {
      const length = Math.min(ROWS_AT_ONCE, entries - seq + 1);
      await this.insert(
        "ledger",
        Array.from({ length }, (_, index) => ({
          ...last,
          _id: `${walletId}:${String(seq + index).padStart(16, "0")}`,
          seq: Long.fromNumber(seq + index),
          key: `filled-${seq + index}`,
        })),
      );
    }
    await this.rows("wallets").updateOne({ _id: walletId }, { $set: { seq: Long.fromNumber(entries) } });
  }

  /** An entry of a spend as it is stored. */
  async sampleEntry(walletId: string): Promise<Document> {
    await this.consume(walletId);
    const [accountId = ""] = walletId.split(":");
    const entry = await this.rows("ledger").findOne({ accountId, kind: "spend" }, AS_STORED);
    if (entry === null) throw new Error("A spend left no entry");
    return entry;
  }

  async consume(walletId: string): Promise<void> {
    const input = { key: this.key(), amount: toAmount(1), quantity: null, unit: UNIT, feature: null, metadata: null };
    succeed(await consume(this.deps, this.call(walletId, input), Date.now()));
  }

  async holdAndCapture(walletId: string): Promise<void> {
    const asked = { key: this.key(), amount: toAmount(1), quantity: null, unit: UNIT, feature: null, ttlSeconds: null };
    const held = succeed(await authorize(this.deps, this.call(walletId, asked), Date.now()));
    const capturing = { holdId: String(held["holdId"]), key: this.key(), amount: null };
    succeed(await capture(this.deps, this.call(walletId, capturing), Date.now()));
  }

  async balance(walletId: string): Promise<void> {
    succeed(await readBalance(this.deps, this.call(walletId, { unit: UNIT }), Date.now()));
  }

  private call<Input>(walletId: string, input: Input): { caller: typeof USER; accountId: string; input: Input } {
    const [accountId = ""] = walletId.split(":");
    return { caller: USER, accountId, input };
  }

  private key(): string {
    this.count += 1;
    return `bench-${this.count}`;
  }

  private rows(name: string): Collection<Row> {
    return this.client.db(DATABASE_NAME).collection<Row>(name);
  }

  private async insert(name: string, rows: readonly Row[]): Promise<void> {
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      await this.rows(name).insertMany(rows.slice(from, from + ROWS_AT_ONCE), { ordered: false });
    }
  }
}

function succeed(answer: object): Readonly<Record<string, unknown>> {
  const facts = answer as Readonly<Record<string, unknown>>;
  if (facts["ok"] === true) return facts;
  throw new Error(`A measured call was refused: ${String(facts["code"])}`);
}

/** A document for another account: every text that names the account names the other. */
function renamed(value: unknown, from: string, to: string): unknown {
  if (typeof value === "string") return value.replace(from, to);
  if (Array.isArray(value)) return value.map((element) => renamed(element, from, to));
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, renamed(field, from, to)]));
  }
  return value;
}
