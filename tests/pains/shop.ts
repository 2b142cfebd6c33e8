import type { User } from "realm-web";
import type { BalanceAnswer, CheckoutAnswer, Me, VerifyAnswer } from "../../functions-src/lib/contract";
import { publishFile } from "../../scripts/start/prepare-database";
import { call, startProductUnderTest, until, type ProductUnderTest } from "../support/product";

/** A person who opened a checkout. */
export interface Buyer {
  readonly user: User;
  readonly accountId: string;
  readonly sessionId: string;
}

/** A buyer whose payment Stripe knows. */
export interface PaidBuyer extends Buyer {
  readonly paymentIntentId: string;
  readonly chargeId: string;
}

/** A product that sells, with an operator at hand. */
export interface Shop extends ProductUnderTest {
  readonly operator: User;
  /** Registers a person who opens a checkout, of 100 tokens at 1,000 cents unless told. */
  newBuyer(checkout?: object): Promise<Buyer>;
  /** A buyer whose card paid for the 100 tokens, and who has them beside the 3 of the start. */
  newPaidBuyer(): Promise<PaidBuyer>;
  /** Waits until Stripe has nothing more to deliver. */
  drain(): Promise<void>;
  /** Checks that every wallet follows from its ledger. */
  verify(): Promise<void>;
}

const URLS = { successUrl: "https://shop.example/", cancelUrl: "https://shop.example/" };

/** Starts a product that sells the demo catalog with invoices, and tax where the simulator knows a rate, and what a test adds. */
export async function startShop(more: readonly object[] = []): Promise<Shop> {
  const product = await startProductUnderTest(":memory:", { STRIPE_AUTOMATIC_TAX: "1", STRIPE_INVOICES: "1" });
  if (more.length > 0) await publishFile(product.client, "a key of more than 32 characters for tests only", more);
  const operator = await product.signInOperator();
  let count = 0;
  const newBuyer = async (checkout: object = {}): Promise<Buyer> => {
    const user = await product.signUp(`payer${(count += 1)}@example.org`);
    const { sessionId } = await openCheckout(user, { key: "buy", ...checkout });
    return { user, sessionId, accountId: (await call<Me>(user, "account/me")).accounts[0]?.accountId ?? "" };
  };
  return {
    ...product,
    operator,
    newBuyer,
    newPaidBuyer: async () => {
      const buyer = await newBuyer();
      await product.simulate(`checkout/${buyer.sessionId}/pay`);
      await balanceIs(buyer, { available: 103 });
      const session = await product.sdk.checkout.sessions.retrieve(buyer.sessionId);
      const paymentIntentId = String(session.payment_intent);
      const { latest_charge: charge } = await product.sdk.paymentIntents.retrieve(paymentIntentId);
      return { ...buyer, paymentIntentId, chargeId: String(charge) };
    },
    drain: async () => {
      await until(
        "all deliveries",
        async () => {
          await product.simulate("webhooks/flush");
          const response = await fetch(`${product.stripe!.url}/_sim/webhooks/pending`);
          return (await response.json()) as { readonly pending: readonly unknown[] };
        },
        ({ pending }) => pending.length === 0,
      );
    },
    verify: async () => {
      expect(await call<VerifyAnswer>(operator, "admin/verify")).toMatchObject({ ok: true, problems: [] });
    },
  };
}

/** Opens a checkout of 100 tokens, or of what is asked for. */
export const openCheckout = (user: User, checkout: object): Promise<CheckoutAnswer> =>
  call<CheckoutAnswer>(user, "billing/checkout", { pack: "pack-100", ...URLS, ...checkout });

/** The balance of a buyer as they see it. */
export const balanceOf = ({ user }: Buyer): Promise<BalanceAnswer> => call<BalanceAnswer>(user, "wallet/balance");

/** Waits until a balance is what it should be. */
export const balanceIs = (
  buyer: Buyer,
  expected: Partial<Record<keyof BalanceAnswer, number>>,
): Promise<BalanceAnswer> =>
  until(
    JSON.stringify(expected),
    () => balanceOf(buyer),
    (balance) => Object.entries(expected).every(([field, value]) => balance[field as keyof BalanceAnswer] === value),
  );

let spends = 0;
/** Spends units. */
export const spend = ({ user }: Buyer, amount: number): Promise<{ readonly ok: boolean }> =>
  call(user, "wallet/consume", { key: `spend-${(spends += 1)}`, amount });
