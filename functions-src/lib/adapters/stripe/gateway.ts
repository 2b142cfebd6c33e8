import Stripe from "stripe";
import { isAmount } from "../../domain/amount";
import { AppError } from "../../domain/app-error";
import type { CheckoutFacts, PackOrder } from "../../domain/checkout";
import type { StripeMode } from "../../domain/payment";
import type { PackCheckout, Payments, VerifiedEvent } from "../../ports/payments";
import { findPaymentIntent, listRefunds, loadMoneyBack } from "./money-back";
import { cancelTopUp, chargeSavedCard, findSavedCard, findTopUp, loadTopUp } from "./top-ups";
import { verifySignature } from "./verify-signature";

/** The API version that the code was written against; the webhook endpoint must use the same. */
export const API_VERSION = "2026-10-28.endive";

/** How to reach Stripe. */
export interface StripeSettings {
  readonly secretKey: string;
  /** All webhook secrets that are valid now; two while one is being rolled. */
  readonly webhookSecrets: readonly string[];
  /** Where the API answers: Stripe itself, or a simulator. */
  readonly url: string;
}

/** Makes the gateway to Stripe over the official SDK. */
export function createPayments(settings: StripeSettings): Payments {
  const stripe = createClient(settings);
  const mode = modeOfKey(settings.secretKey);
  return {
    mode,
    releaseTrain: API_VERSION.split(".")[1] ?? "",
    createCustomer: async ({ idempotencyKey, accountId, email }) => {
      const customer = await called(() =>
        stripe.customers.create({ metadata: { accountId }, ...(email === null ? {} : { email }) }, { idempotencyKey }),
      );
      return customer.id;
    },
    createPackCheckout: async (checkout) => {
      const session = await called(() =>
        stripe.checkout.sessions.create(toStripeCheckout(checkout), { idempotencyKey: checkout.idempotencyKey }),
      );
      if (session.url === null) throw new AppError("bug", `Stripe gave session ${session.id} no page`);
      return { sessionId: session.id, url: session.url };
    },
    findPromotionCode: async (code) => {
      const { data } = await called(() => stripe.promotionCodes.list({ code, active: true, limit: 1 }));
      return data[0]?.id ?? null;
    },
    loadCheckout: async (sessionId) =>
      fromStripeCheckout(await called(() => stripe.checkout.sessions.retrieve(sessionId))),
    findCheckout: async (paymentIntentId) => {
      const { data } = await called(() => stripe.checkout.sessions.list({ payment_intent: paymentIntentId, limit: 1 }));
      return data[0]?.id ?? null;
    },
    findPaymentIntent: (object) => called(() => findPaymentIntent(stripe, object)),
    loadMoneyBack: (paymentIntentId) => called(() => loadMoneyBack(stripe, paymentIntentId)),
    createRefund: async ({ idempotencyKey, paymentIntentId, amountMinor, wish }) => {
      const parameters = { payment_intent: paymentIntentId, amount: amountMinor, metadata: { wish } };
      return (await called(() => stripe.refunds.create(parameters, { idempotencyKey }))).id;
    },
    findRefund: async ({ paymentIntentId, wish }) => {
      const refunds = await called(() => listRefunds(stripe, paymentIntentId));
      return refunds.find(({ metadata }) => metadata?.["wish"] === wish)?.id ?? null;
    },
    findSavedCard: (customerId) => called(() => findSavedCard(stripe, customerId)),
    chargeSavedCard: (charge) => called(() => chargeSavedCard(stripe, charge)),
    findTopUp: (attempt) => called(() => findTopUp(stripe, attempt)),
    loadTopUp: (paymentIntentId) => called(() => loadTopUp(stripe, paymentIntentId)),
    cancelTopUp: (paymentIntentId) => called(() => cancelTopUp(stripe, paymentIntentId)),
    verifyDelivery: async ({ rawBody, signature, now }) => {
      const nowSeconds = Math.floor(now / 1000);
      const check = await verifySignature({ rawBody, signature, nowSeconds }, settings.webhookSecrets);
      return "rejected" in check ? check : fromStripeEvent(check.event);
    },
  };
}

function createClient({ secretKey, url }: StripeSettings): Stripe {
  const { hostname, port, protocol } = new URL(url);
  return new Stripe(secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 2,
    timeout: 20_000,
    telemetry: false,
    host: hostname,
    port: port === "" ? (protocol === "https:" ? 443 : 80) : port,
    protocol: protocol === "https:" ? "https" : "http",
  });
}

function modeOfKey(secretKey: string): StripeMode {
  return /^(sk|rk)_live_/.test(secretKey) ? "live" : "test";
}

/** Runs a call and says in our words why it failed; the SDK's own error stays the cause. */
async function called<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const passing =
      error instanceof Stripe.errors.StripeConnectionError ||
      error instanceof Stripe.errors.StripeRateLimitError ||
      (error.statusCode ?? 500) >= 500 ||
      error.statusCode === 409;
    if (passing) {
      throw new AppError("unavailable", "Stripe cannot be reached now: try again with the same key", { cause: error });
    }
    throw new AppError("conflict", `Stripe refused the call: ${error.message}`, {
      cause: error,
      detail: { code: error.code ?? null, param: error.param ?? null, requestId: error.requestId ?? null },
    });
  }
}

function toStripeCheckout(checkout: PackCheckout): Stripe.Checkout.SessionCreateParams {
  const { order } = checkout;
  const metadata = {
    accountId: order.accountId,
    packId: order.packId,
    packVersion: String(order.packVersion),
    quantity: String(order.quantity),
  };
  return {
    mode: "payment",
    customer: checkout.customerId,
    client_reference_id: order.accountId,
    metadata,
    payment_intent_data: { metadata, ...(checkout.saveCard ? { setup_future_usage: "off_session" } : {}) },
    line_items: [
      {
        quantity: order.quantity,
        price_data: {
          currency: checkout.currency.toLowerCase(),
          unit_amount: checkout.unitAmountMinor,
          product_data: { name: checkout.name, metadata: { packId: order.packId } },
        },
      },
    ],
    ...(checkout.promotionCodeId === null ? {} : { discounts: [{ promotion_code: checkout.promotionCodeId }] }),
    success_url: checkout.successUrl,
    cancel_url: checkout.cancelUrl,
  };
}

/** Reads a session in our words. Throws: an Error when Stripe answers an amount that is no safe whole number. */
function fromStripeCheckout(session: Stripe.Checkout.Session): CheckoutFacts {
  const valueMinor = session.amount_total ?? 0;
  if (!isAmount(valueMinor)) throw new Error(`Session ${session.id} has the amount ${valueMinor}`);
  const paymentIntent = session.payment_intent;
  return {
    sessionId: session.id,
    mode: session.livemode ? "live" : "test",
    kind: session.mode === "payment" ? "payment" : session.mode === "setup" ? "setup" : "subscription",
    status: session.status === "complete" ? "complete" : session.status === "expired" ? "expired" : "open",
    paymentStatus:
      session.payment_status === "paid"
        ? "paid"
        : session.payment_status === "no_payment_required"
          ? "no_payment_required"
          : "unpaid",
    valueMinor,
    currency: (session.currency ?? "").toUpperCase(),
    paymentIntentId: paymentIntent === null || typeof paymentIntent === "string" ? paymentIntent : paymentIntent.id,
    customerId: typeof session.customer === "string" ? session.customer : (session.customer?.id ?? null),
    order: fromStripeOrder(session.metadata),
  };
}

function fromStripeOrder(metadata: Stripe.Metadata | null): PackOrder | null {
  const { accountId, packId, packVersion, quantity } = metadata ?? {};
  const numbers = { packVersion: Number(packVersion), quantity: Number(quantity) };
  if (accountId === undefined || packId === undefined) return null;
  if (!Number.isSafeInteger(numbers.packVersion) || !Number.isSafeInteger(numbers.quantity) || numbers.quantity < 1)
    return null;
  return { accountId, packId, ...numbers };
}

function fromStripeEvent(event: Stripe.Event): VerifiedEvent {
  const object = event.data.object as { readonly id?: unknown };
  return {
    id: event.id,
    type: event.type,
    // Some objects, such as an upcoming invoice, have no id; their events carry nothing to read again.
    objectId: typeof object.id === "string" ? object.id : event.id,
    mode: event.livemode ? "live" : "test",
    apiVersion: event.api_version ?? "none",
  };
}
