import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Credentials, type User } from "realm-web";
import type { BalanceAnswer, CheckoutAnswer, VerifyAnswer } from "../../functions-src/lib/contract";
import { freePort, startProductProcess, type ProductProcess } from "../../scripts/prove/product-process";
import { connectSimulator, type Simulator } from "../../scripts/prove/simulator";
import { advance, call, until } from "../support/product";

const folder = mkdtempSync(join(tmpdir(), "tollkeeper-refund-crash-"));
let product: ProductProcess;
let port = 0;
let purchases = 0;
beforeAll(async () => {
  port = await freePort();
  await start();
});
afterAll(async () => {
  await product.stop();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  product = await startProductProcess({ PORT: String(port), DATA_DIR: folder, TEST_CLOCK: "1" });
}
const newApp = (): App => new App({ id: product.appId, baseUrl: product.baseUrl });
const operator = (): Promise<User> => newApp().logIn(Credentials.apiKey(product.adminKey));
const simulator = (): Simulator =>
  connectSimulator({ stripe: { url: product.stripeUrl, secretKey: product.stripeSecretKey, webhookSecret: "" } });

describe("the whole product, killed while Stripe's answer to a refund is on its way", () => {
  it.each([
    ["the refund was made", true],
    ["nothing was made", false],
  ])(
    "makes one refund after a restart 25 hours later, when %s",
    async (_case, commit) => {
      const email = `buyer${(purchases += 1)}@example.org`;
      const credentials = Credentials.emailPassword(email, "correct horse");
      await newApp().emailPasswordAuth.registerUser({ email, password: "correct horse" });
      const buyer = await newApp().logIn(credentials);
      const { sessionId } = await call<CheckoutAnswer>(buyer, "billing/checkout", {
        key: "buy",
        pack: "pack-100",
        successUrl: "https://shop.example/",
        cancelUrl: "https://shop.example/",
      });
      await simulator().simulate(`checkout/${sessionId}/pay`, {});
      const balanceOf = async (): Promise<number> =>
        (await call<BalanceAnswer>(await newApp().logIn(credentials), "wallet/balance")).available;
      await until("the pack", balanceOf, (tokens) => tokens === 103);

      const { payment_intent: intent } = await simulator().sdk.checkout.sessions.retrieve(sessionId);
      const effect = { kind: "hang", commit };
      await simulator().simulate("faults", { rules: [{ plane: "api", method: "POST", path: "/v1/refunds", effect }] });
      await call(await operator(), "admin/refund", {
        key: sessionId,
        paymentId: `pack:${sessionId}`,
        amountMinor: 400,
        reason: "killed in the middle",
      });
      await until(
        "Stripe to be asked",
        async () => {
          const response = await fetch(`${product.stripeUrl}/_sim/faults`);
          return (await response.json()) as { readonly rules: readonly { readonly hits: number }[] };
        },
        ({ rules }) => (rules[0]?.hits ?? 0) > 0,
      );
      await product.kill();

      await start();
      await simulator().simulate("faults", {});
      await advance(product, { seconds: 25 * 3600 });
      await until("the units to be taken", balanceOf, (tokens) => tokens === 63);
      const { data } = await simulator().sdk.refunds.list({ payment_intent: String(intent) });
      expect(data.map(({ amount, status }) => [amount, status])).toEqual([[400, "succeeded"]]);
      expect(await call<VerifyAnswer>(await operator(), "admin/verify")).toMatchObject({ ok: true, problems: [] });
    },
    90_000,
  );
});
