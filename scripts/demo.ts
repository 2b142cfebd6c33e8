import colors from "picocolors";
import { App, Credentials, type User } from "realm-web";
import { buildApp } from "./build/build-app";
import { readSettings } from "./start/settings";
import { type Product, startProduct } from "./start/start-product";
import type {
  BalanceAnswer,
  CheckoutAnswer,
  ConsumeAnswer,
  HistoryAnswer,
  Refusal,
  VerifyAnswer,
} from "../functions-src/lib/contract";

/** How long the story waits for a webhook to arrive. */
const WEBHOOK_LIMIT_MS = 10_000;

/** Tells a customer's first purchase through the unchanged clients, and fails at the first step that does not hold. */
async function main(): Promise<void> {
  console.log(colors.bold("A customer's first purchase, on an instance of its own that is gone afterwards\n"));
  await buildApp();
  const settings = readSettings({ PORT: "0", DATA_DIR: ":memory:" });
  const product = await startProduct(settings, () => undefined);
  try {
    await tellStory(product);
    console.log(colors.green("\nEvery step held."));
  } finally {
    await product.close();
  }
}

async function tellStory(product: Product): Promise<void> {
  const app = new App({ id: product.appId, baseUrl: product.baseUrl });
  const email = "ada@example.org";
  await app.emailPasswordAuth.registerUser({ email, password: "correct horse" });
  const ada = await app.logIn(Credentials.emailPassword(email, "correct horse"));
  await step(ada, "Ada registers with e-mail and password and gets 3 free tokens", 3);

  const poem = await call<ConsumeAnswer>(ada, "wallet/consume", { key: "poem-1", amount: 2 });
  expectThat(poem.ok && !poem.replayed, "the spend is booked");
  await step(ada, "She spends 2 on a poem", 1);

  const refusal = await call<Refusal>(ada, "wallet/consume", { key: "poem-2", amount: 2 });
  expectThat(refusal.code === "insufficient_tokens" && refusal["missing"] === 1, "the refusal names the missing token");
  await step(ada, "The next 2 are refused: insufficient_tokens, 1 missing", 1);

  await buyPack(product, ada);
  await step(ada, "She buys pack-100 for 10.00 USD; Stripe's webhook brings the tokens", 101);

  const replay = await call<ConsumeAnswer>(ada, "wallet/consume", { key: "poem-1", amount: 2 });
  expectThat(replay.replayed && replay.entryId === poem.entryId, "the same key gets the same answer");
  await step(ada, "Her app crashed and repeats the first spend with its key: the same answer, no second charge", 101);

  const { entries } = await call<HistoryAnswer>(ada, "wallet/history", {});
  console.log("\n  Her history, newest first:");
  for (const { kind, amount, balanceAfter, cause } of entries) {
    console.log(
      `    ${kind.padEnd(7)} ${signed(amount).padStart(5)}  -> ${String(balanceAfter.available).padStart(4)}   ${colors.dim(cause.kind)}`,
    );
  }
  expectThat(entries.map(({ amount }) => amount).join() === "100,-2,3", "the history tells the story");

  const operator = await new App({ id: product.appId, baseUrl: product.baseUrl }).logIn(
    Credentials.apiKey(product.adminKey),
  );
  const proof = await call<VerifyAnswer>(operator, "admin/verify", {});
  expectThat(proof.ok, "the ledger proves itself");
  console.log(`\n  The operator verifies the ledger: ${proof.entries} entries, every hash and balance follows.`);
}

/** Opens a checkout, pays it on the simulator, and waits until the webhook has brought the tokens. */
async function buyPack(product: Product, user: User): Promise<void> {
  const checkout = await call<CheckoutAnswer>(user, "billing/checkout", {
    key: "buy-1",
    pack: "pack-100",
    successUrl: "https://shop.example/thanks",
    cancelUrl: "https://shop.example/",
  });
  const paid = await fetch(`${product.stripe?.url}/_sim/checkout/${checkout.sessionId}/pay`, { method: "POST" });
  expectThat(paid.ok, "the card is charged");
  const endsAt = Date.now() + WEBHOOK_LIMIT_MS;
  while ((await balanceOf(user)) < 101) {
    expectThat(Date.now() < endsAt, `the webhook arrives within ${WEBHOOK_LIMIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function step(user: User, what: string, expected: number): Promise<void> {
  const found = await balanceOf(user);
  console.log(`  ${what.padEnd(92)} ${colors.bold(String(found).padStart(4))}`);
  expectThat(found === expected, `the balance is ${expected}, found ${found}`);
}

async function balanceOf(user: User): Promise<number> {
  return (await call<BalanceAnswer>(user, "wallet/balance", {})).available;
}

async function call<Result>(user: User, name: string, argument: object): Promise<Result> {
  return (await user.callFunction(name, argument)) as Result;
}

function signed(amount: number): string {
  return amount > 0 ? `+${amount}` : String(amount);
}

function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The story broke: expected that ${what}`);
}

main().catch((error: unknown) => {
  console.error(colors.red(error instanceof Error ? error.message : String(error)));
  process.exit(1);
});
