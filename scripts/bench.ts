import { benchMongodb } from "./bench/mongodb";
import { benchWallet } from "./bench/wallet";
import { benchWebhooks } from "./bench/webhooks";
import { printRows } from "./bench/print-rows";
import type { Row } from "./bench/measure";

/** The measurements, by name; each prints a table and, as its last line, the same as JSON. */
const BENCHES: Readonly<Record<string, (given: readonly string[]) => Promise<readonly Row[]>>> = {
  mongodb: benchMongodb,
  wallet: benchWallet,
  webhooks: benchWebhooks,
};

async function main(): Promise<void> {
  const name = process.argv[2] ?? "";
  const bench = BENCHES[name];
  if (bench === undefined) {
    console.error(`bench: expected one of ${Object.keys(BENCHES).join(", ")}, got "${name}"`);
    process.exit(2);
  }
  printRows(name, await bench(process.argv.slice(3)));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
