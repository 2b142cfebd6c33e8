import { Book, initModels, mongoTransaction, syncIndexes } from "medici";
import mongoose from "mongoose";

/** The same entry made by the ledger library `medici`, on the same server. */
export interface MediciBook {
  /** A journal with its two transactions, as the library makes them when nobody asks for a check. */
  entry(account: string): Promise<void>;
  /** A spend that is checked against the balance and locks its account, as its documentation shows it. */
  spend(account: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a book and gives each account its units. */
export async function openMediciBook(uri: string, accounts: readonly string[]): Promise<MediciBook> {
  await mongoose.connect(uri, { dbName: "medici", maxPoolSize: 64 });
  await initModels();
  await syncIndexes();
  const book = new Book("tokens");
  for (const account of accounts) {
    await book.entry("Grant").debit("Issued", 1_000_000_000).credit(`Wallets:${account}`, 1_000_000_000).commit();
  }
  return {
    entry: async (account) => {
      await book.entry("Spend").debit(`Wallets:${account}`, 1).credit("Spent", 1).commit();
    },
    spend: async (account) => {
      await mongoTransaction(async (session) => {
        await book.entry("Spend").debit(`Wallets:${account}`, 1).credit("Spent", 1).commit({ session });
        const { balance } = await book.balance({ account: `Wallets:${account}` }, { session });
        if (balance < 0) throw new Error("Not enough in the wallet");
        await book.writelockAccounts([`Wallets:${account}`], { session });
      });
    },
    close: () => mongoose.disconnect(),
  };
}
