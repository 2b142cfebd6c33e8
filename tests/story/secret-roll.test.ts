import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Credentials, type User } from "realm-web";
import type { BalanceAnswer, CheckoutAnswer } from "../../functions-src/lib/contract";
import { API_VERSION } from "../../functions-src/lib/adapters/stripe/gateway";
import { startStripe, type StripeSimulator } from "../../platform/stripe";
import { connectSimulator, type Simulator } from "../../scripts/prove/simulator";
import { readSettings } from "../../scripts/start/settings";
import { startProduct, type Product } from "../../scripts/start/start-product";
import { call, until } from "../support/product";

const EMAIL = "roll@example.org";
const ADMIN_KEY = "tk_admin_for_tests_only_000000";
const folder = mkdtempSync(join(tmpdir(), "tollkeeper-roll-"));
let stripe: StripeSimulator;
let simulator: Simulator;
let product: Product | null = null;
let endpointId = "";
beforeAll(async () => {
  stripe = await startStripe({ dataDir: ":memory:" });
  simulator = connectSimulator({ stripe });
});
afterAll(async () => {
  await product?.close();
  await stripe.close();
  rmSync(folder, { recursive: true });
});

/** Starts the product with these webhook secrets, tells Stripe where it is, and signs the buyer in. */
async function restart(webhookSecrets: readonly string[]): Promise<User> {
  await product?.close();
  product = await startProduct(
    readSettings({
      PORT: "0",
      DATA_DIR: folder,
      TOLLKEEPER_ADMIN_KEY: ADMIN_KEY,
      STRIPE_URL: stripe.url,
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: webhookSecrets.join(","),
    }),
    () => undefined,
  );
  const url = `${product.baseUrl}/app/${product.appId}/endpoint/stripe/webhook`;
  const isFirst = endpointId === "";
  if (isFirst) {
    const endpoint = await simulator.sdk.webhookEndpoints.create({
      url,
      enabled_events: ["*"],
      api_version: API_VERSION,
    });
    endpointId = endpoint.id;
  } else {
    await simulator.sdk.webhookEndpoints.update(endpointId, { url });
  }
  const app = new App({ id: product.appId, baseUrl: product.baseUrl });
  if (isFirst) await app.emailPasswordAuth.registerUser({ email: EMAIL, password: "correct horse" });
  return app.logIn(Credentials.emailPassword(EMAIL, "correct horse"));
}

let purchases = 0;
async function buy(user: User): Promise<void> {
  const { sessionId } = await call<CheckoutAnswer>(user, "billing/checkout", {
    key: `buy-${(purchases += 1)}`,
    pack: "pack-100",
    successUrl: "https://shop.example/",
    cancelUrl: "https://shop.example/",
  });
  await simulator.simulate(`checkout/${sessionId}/pay`, {});
}
const balanceIs = (user: User, tokens: number): Promise<BalanceAnswer> =>
  until(
    `${tokens} tokens`,
    () => call<BalanceAnswer>(user, "wallet/balance"),
    ({ available }) => available === tokens,
  );

const pending = async (): Promise<number> => {
  const response = await fetch(`${stripe.url}/_sim/webhooks/pending`);
  return ((await response.json()) as { readonly pending: readonly unknown[] }).pending.length;
};
const roll = async (keepSeconds: number): Promise<string> => {
  const answer = await simulator.simulate(`webhook_endpoints/${endpointId}/roll_secret`, { keepSeconds });
  return String(answer["secret"]);
};

describe("rolling the webhook secret", () => {
  it("loses no payment: Stripe signs with both, then the product knows both, then the new one alone", async () => {
    const before = stripe.webhookSecret;
    let buyer = await restart([before]);
    await buy(buyer);
    await balanceIs(buyer, 103);
    const after = await roll(3600);
    expect(after).not.toBe(before);
    await buy(buyer);
    await balanceIs(buyer, 203);
    buyer = await restart([before, after]);
    await buy(buyer);
    await balanceIs(buyer, 303);
    buyer = await restart([after]);
    await buy(buyer);
    await balanceIs(buyer, 403);
  });

  it("at once, without telling the product, has its deliveries refused until it is told, and then credits them once", async () => {
    const known = await roll(3600);
    let buyer = await restart([known]);
    const forgotten = await roll(0);
    await buy(buyer);
    await simulator.simulate("webhooks/flush", {});
    expect(await pending()).toBeGreaterThan(0);
    expect(await call<BalanceAnswer>(buyer, "wallet/balance")).toMatchObject({ available: 403 });
    buyer = await restart([forgotten]);
    await simulator.simulate("webhooks/flush", {});
    expect(await pending()).toBe(0);
    await balanceIs(buyer, 503);
  });
});
