import Stripe from "stripe";
import { isAmount, toAmount } from "../../domain/amount";
import type { Payments, SavedCharge, TopUpPayment } from "../../ports/payments";
import { called } from "./called";

/** Of the payments of a customer since an attempt was first made at most so many are looked through for it. */
const MAX_LOOKED_AT = 10_000;
/** Clocks of ours and of Stripe differ by less. */
const CLOCKS_APART_MS = 3_600_000;

type TopUps = Pick<Payments, "findSavedCard" | "chargeSavedCard" | "findTopUp" | "loadTopUp" | "cancelTopUp">;

/** Makes the calls of automatic top-ups. */
export function createTopUps(stripe: Stripe): TopUps {
  return {
    findSavedCard: (customerId) => called(() => findSavedCard(stripe, customerId)),
    chargeSavedCard: (charge) => called(() => chargeSavedCard(stripe, charge), "keyed"),
    findTopUp: (attempt) => called(() => findTopUp(stripe, attempt)),
    loadTopUp: (paymentIntentId) => called(() => loadTopUp(stripe, paymentIntentId)),
    cancelTopUp: (paymentIntentId) => called(() => cancelTopUp(stripe, paymentIntentId)),
  };
}

/** Finds a card that may be charged while the customer is away: the default one, else the newest saved. */
async function findSavedCard(stripe: Stripe, customerId: string): Promise<string | null> {
  const customer = await stripe.customers.retrieve(customerId);
  if (customer.deleted === true) return null;
  const chosen = customer.invoice_settings.default_payment_method;
  if (chosen !== null) return typeof chosen === "string" ? chosen : chosen.id;
  const { data } = await stripe.paymentMethods.list({ customer: customerId, type: "card", limit: 1 });
  return data[0]?.id ?? null;
}

/** Charges a saved card. A decline is an answer, not an error: the intent exists and says so. */
async function chargeSavedCard(stripe: Stripe, charge: SavedCharge): Promise<string> {
  const { idempotencyKey, customerId, paymentMethodId, chargeMinor, currency } = charge;
  try {
    const intent = await stripe.paymentIntents.create(
      {
        customer: customerId,
        payment_method: paymentMethodId,
        amount: chargeMinor,
        currency: currency.toLowerCase(),
        confirm: true,
        off_session: true,
        metadata: toStripeTopUp(charge),
      },
      { idempotencyKey },
    );
    return intent.id;
  } catch (error) {
    const intent = error instanceof Stripe.errors.StripeCardError ? error.payment_intent : undefined;
    if (intent === undefined) throw error;
    return intent.id;
  }
}

/** Finds the payment of an attempt that was made before; null = none. */
async function findTopUp(
  stripe: Stripe,
  { customerId, topUpId, since }: Parameters<Payments["findTopUp"]>[0],
): Promise<string | null> {
  const created = { gte: Math.floor((since - CLOCKS_APART_MS) / 1000) };
  const page = stripe.paymentIntents.list({ customer: customerId, created, limit: 100 });
  const intents = await page.autoPagingToArray({ limit: MAX_LOOKED_AT });
  return intents.find(({ metadata }) => metadata["topUpId"] === topUpId)?.id ?? null;
}

/** Makes sure that an attempt can never be paid any more; one that is over already stays as it is. */
async function cancelTopUp(stripe: Stripe, paymentIntentId: string): Promise<void> {
  try {
    await stripe.paymentIntents.cancel(paymentIntentId, { cancellation_reason: "abandoned" });
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError && error.code === "payment_intent_unexpected_state") return;
    throw error;
  }
}

/** Reads a payment intent as the payment of a top-up; null = it is none of ours. */
async function loadTopUp(stripe: Stripe, paymentIntentId: string): Promise<TopUpPayment | null> {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId);
  const { topUpId, accountId, unit, packId, packVersion, units, lifeDays } = intent.metadata;
  const known = { topUpId, accountId, unit, packId };
  if (!isComplete(known)) return null;
  const numbers = { packVersion: Number(packVersion), units: Number(units) };
  if (!Number.isSafeInteger(numbers.packVersion) || !isAmount(numbers.units)) return null;
  return {
    ...known,
    packVersion: numbers.packVersion,
    units: toAmount(numbers.units),
    lifeDays: lifeDays === undefined || lifeDays === "none" ? null : Number(lifeDays),
    mode: intent.livemode ? "live" : "test",
    paymentIntentId: intent.id,
    status: statusOf(intent.status),
    chargeMinor: toAmount(intent.amount),
    currency: intent.currency.toUpperCase(),
  };
}

interface TopUpNames {
  readonly topUpId: string;
  readonly accountId: string;
  readonly unit: string;
  readonly packId: string;
}

function isComplete(names: { readonly [Name in keyof TopUpNames]: string | undefined }): names is TopUpNames {
  return Object.values(names).every((name) => name !== undefined);
}

function toStripeTopUp(charge: SavedCharge): Stripe.MetadataParam {
  const { topUpId, accountId, unit, packId, packVersion, units, lifeDays } = charge;
  const pack = { packId, packVersion: String(packVersion), units: String(units) };
  return { topUpId, accountId, unit, ...pack, lifeDays: lifeDays === null ? "none" : String(lifeDays) };
}

function statusOf(status: string): TopUpPayment["status"] {
  switch (status) {
    case "succeeded":
    case "canceled":
      return status;
    case "processing":
    case "requires_capture":
      return "processing";
    default:
      // Waiting for a card or for the customer: nobody is there, so the attempt failed.
      return "failed";
  }
}
