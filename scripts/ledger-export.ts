import { once } from "node:events";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";
import { createDatabaseFromDriver } from "../functions-src/lib/adapters/mongo/from-driver";
import { createWalletStore } from "../functions-src/lib/adapters/mongo/wallet-store";
import { DATABASE_NAME } from "../functions-src/lib/adapters/mongo/schema/collections";
import { walletIdOf } from "../functions-src/lib/domain/wallet";
import { readEntries } from "../functions-src/lib/usecases/read-entries";
import { type ExportFormat, exportHeader, exportLine } from "./ledger/export-line";

/** Entries younger than this are left out: a commit under way may still be numbered below one that is visible. */
const SETTLED_MS = 2 * 60_000;

/** Writes the ledger of a wallet to stdout, oldest first, one line an entry, with the running balance. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      account: { type: "string" },
      unit: { type: "string", default: "tokens" },
      format: { type: "string", default: "jsonl" },
    },
  });
  const format = readFormat(values.format);
  if (values.account === undefined) throw new Error("--account: expected the id of an account, got nothing");
  const client = await MongoClient.connect(requireUri(), { serverSelectionTimeoutMS: 5000 });
  try {
    const wallet = { id: walletIdOf({ accountId: values.account, unit: values.unit }), accountId: values.account };
    const store = createWalletStore(createDatabaseFromDriver(client, DATABASE_NAME));
    const until = Date.now() - SETTLED_MS;
    await print(exportHeader(format));
    for await (const entry of readEntries(store, wallet, { after: 0, until: Number.MAX_SAFE_INTEGER })) {
      if (entry.recordedAt > until) return;
      await print(exportLine(entry, format));
    }
  } finally {
    await client.close();
  }
}

async function print(line: string): Promise<void> {
  if (line !== "" && !process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
}

function readFormat(format: string): ExportFormat {
  if (format === "jsonl" || format === "csv") return format;
  throw new Error(`--format: expected jsonl or csv, got "${format}"`);
}

function requireUri(): string {
  const uri = process.env["MONGODB_URI"];
  if (uri !== undefined && uri !== "") return uri;
  throw new Error(
    "MONGODB_URI: expected the address of the database, got nothing; npm start prints that of its embedded server",
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
