import colors from "picocolors";
import { buildApp } from "./build/build-app";
import { createConsoleLog } from "./start/console-log";
import { readSettings, type Settings } from "./start/settings";
import { type Product, startProduct } from "./start/start-product";
import { closeWhenStopped } from "./start/until-stopped";

async function main(): Promise<void> {
  const startedAt = Date.now();
  const settings = readSettings(process.env);
  const development = settings.mongodbUri === null && settings.stripe.kind === "simulator";
  console.error(colors.dim("Building app/ ..."));
  await buildApp();
  console.error(colors.dim("Starting database, Stripe simulator and runtime ..."));
  const product = await startProduct(settings, createConsoleLog(process.env["LOG_LEVEL"]));
  closeWhenStopped(() => product.close());
  console.error(summary(product, { settings, development, elapsedMs: Date.now() - startedAt }));
  console.log(JSON.stringify(machineLine(product, development)));
}

/** The line that programs read: everything accepts connections now. */
function machineLine(product: Product, development: boolean): object {
  return {
    event: "ready",
    baseUrl: product.baseUrl,
    appId: product.appId,
    mongodbUri: product.mongodbUri,
    ...(product.stripe === null ? {} : { stripeUrl: product.stripe.url, stripeSecretKey: product.stripe.secretKey }),
    ...(development ? { adminKey: product.adminKey } : {}),
  };
}

function summary(
  product: Product,
  facts: { readonly settings: Settings; readonly development: boolean; readonly elapsedMs: number },
): string {
  const row = (name: string, value: string): string => `  ${name.padEnd(12)}${value}`;
  const { dataDir, testClock } = facts.settings;
  const { added, unchanged } = product.preparation.publication ?? { added: [], unchanged: 0 };
  return [
    "",
    colors.bold(`Tollkeeper is ready after ${(facts.elapsedMs / 1000).toFixed(1)} s`),
    row("Runtime", `${product.baseUrl}  (app id ${product.appId}, for realm-web)`),
    row("Database", product.mongodbUri),
    ...(product.stripe === null ? [] : [row("Stripe", `${product.stripe.url}  (simulator)`)]),
    row("Data", dataDir === ":memory:" ? "in memory, gone when this stops" : dataDir),
    ...(testClock
      ? [row("Clock", `stands still; POST ${product.baseUrl}/_dev/clock/advance {"seconds": N} moves it`)]
      : []),
    row("Catalog", `${added.length} versions published, ${unchanged} unchanged`),
    ...(facts.development ? [row("Operator", `${product.adminKey}  (server API key)`)] : []),
    "",
    "Try it: npm run demo tells a customer's story; README.md has the client code.",
    "Sign in with any e-mail and a password of 6 characters or more: registering gives 3 free tokens.",
    "Stop with Ctrl-C.",
    "",
  ].join("\n");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
