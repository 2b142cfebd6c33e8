import demo from "../../catalog/demo.json";
import { toAmount } from "../../functions-src/lib/domain/amount";
import { NO_CLAIMS, type PaymentFact } from "../../functions-src/lib/domain/payment";
import { parseCatalog } from "../../functions-src/lib/edge/parse/catalog";
import { ensureUser } from "../../functions-src/lib/usecases/ensure-user";
import { publishCatalog } from "../../functions-src/lib/usecases/publish-catalog";
import { startCheckout, type CheckoutAnswer } from "../../functions-src/lib/usecases/start-checkout";
import { T0 } from "./builders";
import { depsOver } from "./deps";
import { startTestDatabase, type TestDatabase } from "./embedded";

/** What use cases get in tests. */
export type TestDeps = ReturnType<typeof depsOver>;

/** Somebody who is signed in, with the account of their own. */
export interface Person {
  readonly caller: {
    readonly kind: "user";
    readonly userId: string;
    readonly email: string;
    readonly anonymous: false;
  };
  readonly accountId: string;
}

/** Starts a database that sells the demo catalog. */
export async function startShopDatabase(): Promise<TestDatabase> {
  const test = await startTestDatabase();
  await publishCatalog(depsOver(test.database), parseCatalog(demo));
  return test;
}

let people = 0;

/** Signs somebody up. */
export async function newPerson(deps: TestDeps): Promise<Person> {
  const userId = `person${(people += 1)}`;
  const caller = { kind: "user", userId, email: `${userId}@example.org`, anonymous: false } as const;
  const [membership] = (await ensureUser(deps, caller, T0)).memberships;
  if (membership === undefined) throw new Error(`${userId} got no account`);
  return { caller, accountId: membership.accountId };
}

/** Somebody who opens a checkout under a key, of 100 tokens unless told. */
export async function openCheckout(
  deps: TestDeps,
  { caller, accountId }: Person,
  { key = "buy", pack = "pack-100" }: { readonly key?: string; readonly pack?: string } = {},
): Promise<CheckoutAnswer> {
  const urls = { successUrl: "https://a.example/", cancelUrl: "https://a.example/" };
  const input = { key, pack, quantity: 1, saveCard: false, coupon: null, ...urls };
  const answer = await startCheckout(deps, { caller, accountId, input }, T0);
  if (!answer.ok) throw new Error(`checkout refused: ${answer.code}`);
  return answer as CheckoutAnswer;
}

/** Somebody who paid 1,000 cents for 100 tokens at Stripe; nobody here heard of it yet. */
export async function newBuyer(deps: TestDeps): Promise<Person & { readonly sessionId: string }> {
  const person = await newPerson(deps);
  const { sessionId } = await openCheckout(deps, person);
  deps.payments.pay(sessionId);
  return { ...person, sessionId };
}

/** A payment of 4,900 cents for 1,000 units that nobody contests. */
export function packPayment(overrides: Pick<PaymentFact, "accountId" | "cause"> & Partial<PaymentFact>): PaymentFact {
  return {
    mode: "test",
    valueMinor: toAmount(4900),
    currency: "USD",
    packId: "pack-1000",
    packVersion: 1,
    quantity: 1,
    stripePaymentIntentId: "pi_1",
    stripeInvoiceId: null,
    unitsGranted: toAmount(1000),
    paidAt: T0,
    ...NO_CLAIMS,
    ...overrides,
  };
}
