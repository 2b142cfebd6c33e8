import { type Document, Long, type MongoClient, MongoServerError } from "mongodb";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { AS_STORED } from "./wallet-world";

const TRANSACTION = {
  readConcern: { level: "snapshot" },
  writeConcern: { w: "majority" },
  readPreference: "primary",
} as const;

type Row = Document & { _id: string };

/**
 * The least that a spend could be: one read, one update, one insert on documents as the product writes them, in its own
 * collections with their indexes and validators, and the commit. Nothing is decided, converted, chained or hashed.
 */
export class BareTransaction {
  private seq = 1_000_000_000;

  constructor(
    private readonly client: MongoClient,
    /** A spend's entry as the product stored it. */
    private readonly entry: Document,
  ) {}

  /** Runs one on a wallet; tries again, as a driver's user would, while another one is faster. */
  async run(walletId: string): Promise<void> {
    const session = this.client.startSession();
    try {
      for (;;) {
        try {
          session.startTransaction(TRANSACTION);
          await this.write(walletId, session);
          await session.commitTransaction();
          return;
        } catch (error) {
          if (session.inTransaction()) await session.abortTransaction();
          if (!(error instanceof MongoServerError) || !error.hasErrorLabel("TransientTransactionError")) throw error;
        }
      }
    } finally {
      await session.endSession();
    }
  }

  private async write(walletId: string, session: ReturnType<MongoClient["startSession"]>): Promise<void> {
    const db = this.client.db(DATABASE_NAME);
    const [accountId = ""] = walletId.split(":");
    const wallet = await db.collection<Row>("wallets").findOne({ _id: walletId, accountId }, { ...AS_STORED, session });
    if (wallet === null) throw new Error(`There is no wallet ${walletId}`);
    const { _id, accountId: _account, unit: _unit, ...state } = wallet;
    // The number moves on in a field of its own, so that wallets stay as the product knows them.
    const guard = { _id: walletId, accountId, seq: state["seq"] as unknown };
    await db.collection<Row>("wallets").updateOne(guard, { $set: { ...state, at: new Date() } }, { session });
    this.seq += 1;
    const seq = { seq: Long.fromNumber(this.seq), _id: `${walletId}:${this.seq}`, key: `bare-${this.seq}` };
    await db.collection<Row>("ledger").insertOne({ ...this.entry, walletId, accountId, ...seq }, { session });
  }
}
