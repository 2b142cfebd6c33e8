import { MongoClient } from "mongodb";
import type { User } from "realm-web";
import Stripe from "stripe";
import { DATABASE_NAME } from "../../../functions-src/lib/adapters/mongo/schema/collections";
import type { BalanceAnswer, CheckoutAnswer, Me, VerifyAnswer } from "../../../functions-src/lib/contract";
import type { Reconciliation } from "../../../functions-src/lib/usecases/reconcile-stripe";
import { readSettings } from "../../start/settings";
import { type Product, startProduct } from "../../start/start-product";
import { eachOf } from "../each-of";
import { packCheckout } from "../pack";
import { createSeededRandom } from "../seeded-random";
import { type Simulator, connectSimulator } from "../simulator";
import { type Traveller, createTraveller } from "../traveller";
import { type Deed, planCustomer } from "./plan-quarter";

const STEPS = 30;
const DAYS_PER_STEP = 3;
const DAY_SECONDS = 86_400;
/** The hour in which the nightly comparison runs. */
const NIGHT_HOUR = 3;

/** What a quarter left, by customer and purchase, in words that two runs can be compared by. */
export interface QuarterBooks {
  /** Per purchase: units granted, and units taken back. */
  readonly causes: Readonly<Record<string, string>>;
  /** Per customer: units spent, and what they have less what they owe. */
  readonly wallets: Readonly<Record<string, string>>;
  readonly deliveriesSpoiled: number;
  readonly repaired: number;
  readonly alerted: number;
  readonly verified: boolean;
}

interface Customer {
  readonly name: string;
  readonly accountId: string;
  readonly session: () => Promise<User>;
  readonly days: readonly (readonly Deed[])[];
  readonly purchases: { readonly sessionId: string; paymentIntentId: string; dispute: string }[];
}

/** Lives a quarter of customers, with a share of all deliveries lost, a share late and a share repeated. */
export async function runQuarter(
  options: { readonly customers: number; readonly seed: number; readonly share: number },
  report: (line: string) => void,
): Promise<QuarterBooks> {
  const product = await startProduct(
    readSettings({ PORT: "0", DATA_DIR: ":memory:", TEST_CLOCK: "1" }),
    () => undefined,
  );
  try {
    return await new Quarter(product, options, report).live();
  } finally {
    await product.close();
  }
}

class Quarter {
  private readonly traveller: Traveller;
  private readonly simulator: Simulator;
  private keys = 0;

  constructor(
    private readonly product: Product,
    private readonly options: { readonly customers: number; readonly seed: number; readonly share: number },
    private readonly report: (line: string) => void,
  ) {
    this.simulator = connectSimulator(product);
    this.traveller = createTraveller(product);
  }

  async live(): Promise<QuarterBooks> {
    const now = new Date(await this.traveller.advance(0));
    const night = new Date(now);
    night.setUTCHours(NIGHT_HOUR, 0, 0, 0);
    await this.traveller.advance(Math.ceil((Number(night) - Number(now)) / 1000) + DAY_SECONDS);
    const customers = await this.signUpAll();
    await this.spoil(this.options.share);
    for (let step = 0; step < STEPS; step += 1) {
      await eachOf(customers, async (customer) => {
        for (const deed of customer.days[step] ?? []) await this.act(customer, deed);
      });
      await this.traveller.advance(DAYS_PER_STEP * DAY_SECONDS);
      if ((step + 1) % 10 === 0) this.report(`share ${this.options.share}: ${step + 1} of ${STEPS} steps`);
    }
    const spoiled = await this.spoiledCount();
    await this.spoil(0);
    await this.simulator.simulate("webhooks/flush", {});
    await this.traveller.advance(DAY_SECONDS);
    const operator = await this.traveller.operator();
    // Twice: the first mends what the nights left, the second has to find nothing.
    await operator.callFunction("admin/reconcile", {});
    const last = (await operator.callFunction("admin/reconcile", {})) as Reconciliation;
    if (last.drifts.length > 0) throw new Error(`Drifts stay: ${JSON.stringify(last.drifts.slice(0, 3))}`);
    return { ...(await this.readBooks(customers)), deliveriesSpoiled: spoiled };
  }

  private async signUpAll(): Promise<readonly Customer[]> {
    const random = createSeededRandom(this.options.seed);
    const planned = Array.from({ length: this.options.customers }, (_, index) => ({
      name: `customer ${index}`,
      days: planCustomer(random, STEPS, DAYS_PER_STEP),
    }));
    const customers: Customer[] = [];
    await eachOf(planned, async ({ name, days }) => {
      const session = await this.traveller.signUp(`${name.replace(" ", "-")}@example.org`);
      const { accounts } = (await (await session()).callFunction("account/me", {})) as Me;
      customers.push({ name, days, session, accountId: accounts[0]?.accountId ?? "", purchases: [] });
    });
    return customers;
  }

  private async act(customer: Customer, deed: Deed): Promise<void> {
    switch (deed.kind) {
      case "buy":
        return this.buy(customer);
      case "spend": {
        const answer = await this.call<{ readonly ok: boolean; readonly code?: string }>(customer, "wallet/consume", {
          key: `spend-${(this.keys += 1)}`,
          amount: deed.amount,
        });
        if (!answer.ok)
          throw new Error(`${customer.name} could not spend ${deed.amount}: ${answer.code ?? "no reason"}`);
        return;
      }
      case "refund":
        await this.refund(this.purchaseOf(customer, deed.purchase).paymentIntentId, deed.amountMinor);
        return;
      case "dispute": {
        const purchase = this.purchaseOf(customer, deed.purchase);
        const { latest_charge: charge } = await this.simulator.sdk.paymentIntents.retrieve(purchase.paymentIntentId);
        // Fraud would suspend the account, and its spends would depend on when that was heard of.
        const asked = { charge: String(charge), amount: deed.amountMinor, reason: "product_not_received" };
        const dispute = await this.simulator.simulate("dispute", asked);
        purchase.dispute = String(dispute["id"]);
        return;
      }
      case "decide": {
        const { dispute } = this.purchaseOf(customer, deed.purchase);
        if (dispute !== "") await this.simulator.simulate(`dispute/${dispute}/close`, { outcome: deed.outcome });
      }
    }
  }

  private async buy(customer: Customer): Promise<void> {
    const key = `buy-${customer.purchases.length}`;
    const { sessionId } = await this.call<CheckoutAnswer>(customer, "billing/checkout", packCheckout(key));
    await this.simulator.simulate(`checkout/${sessionId}/pay`, {});
    const { payment_intent: intent } = await this.simulator.sdk.checkout.sessions.retrieve(sessionId);
    customer.purchases.push({ sessionId, paymentIntentId: String(intent), dispute: "" });
  }

  /** Gives money back where it is not held by a dispute; both runs ask at the same instant and hear the same. */
  private async refund(paymentIntentId: string, amount: number): Promise<void> {
    try {
      await this.simulator.sdk.refunds.create({ payment_intent: paymentIntentId, amount });
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    }
  }

  private purchaseOf({ name, purchases }: Customer, index: number): Customer["purchases"][number] {
    const purchase = purchases[index];
    if (purchase === undefined) throw new Error(`${name} made no purchase ${index}`);
    return purchase;
  }

  private async call<Answer>(customer: Customer, name: string, argument: object): Promise<Answer> {
    return (await (await customer.session()).callFunction(name, argument)) as Answer;
  }

  private spoil(share: number): Promise<unknown> {
    const effects = [{ kind: "drop" }, { kind: "delay", seconds: DAY_SECONDS }, { kind: "duplicate", copies: 2 }];
    const rules = effects.map((effect) => ({ plane: "hook", probability: share, effect }));
    return this.simulator.simulate("faults", share === 0 ? {} : { rules });
  }

  private async spoiledCount(): Promise<number> {
    const response = await fetch(`${this.simulator.url}/_sim/faults`);
    const { rules = [] } = (await response.json()) as { readonly rules?: readonly { readonly hits: number }[] };
    return rules.reduce((sum, { hits }) => sum + hits, 0);
  }

  private async readBooks(customers: readonly Customer[]): Promise<Omit<QuarterBooks, "deliveriesSpoiled">> {
    const client = await MongoClient.connect(this.product.mongodbUri);
    try {
      const database = client.db(DATABASE_NAME);
      const payments = await database.collection("payments").find().toArray();
      const spends = await database.collection("ledger").find({ kind: "spend" }).toArray();
      const causes: Record<string, string> = {};
      const wallets: Record<string, string> = {};
      for (const customer of customers) {
        for (const [index, { sessionId }] of customer.purchases.entries()) {
          const payment = payments.find(({ cause }) => cause === `pack:${sessionId}`);
          causes[`${customer.name}, purchase ${index}`] =
            `granted ${payment?.["unitsGranted"]}, taken ${payment?.["unitsTaken"]}`;
        }
        const own = spends.filter(({ accountId }) => accountId === customer.accountId);
        const spent = own.reduce((sum, { answer }) => sum + Number((answer as { readonly amount: unknown }).amount), 0);
        const balance = await this.call<BalanceAnswer>(customer, "wallet/balance", {});
        const worth = balance.available + balance.frozen + balance.held - balance.debt;
        wallets[customer.name] = `spent ${spent}, worth ${worth}`;
      }
      const drifts = database.collection("drifts");
      const operator = await this.traveller.operator();
      const { ok } = (await operator.callFunction("admin/verify", {})) as VerifyAnswer;
      const counted = (action: string): Promise<number> => drifts.countDocuments({ action });
      return { causes, wallets, verified: ok, repaired: await counted("repaired"), alerted: await counted("alerted") };
    } finally {
      await client.close();
    }
  }
}
