import Stripe from "stripe";
import type { StripeMode } from "../../domain/payment";
import type { Payments } from "../../ports/payments";
import type { SaleTerms } from "./checkout-mapping";
import { fromStripeEvent } from "./event-mapping";
import { createInvoices } from "./invoices";
import { createListings } from "./listings";
import { createMoneyBack } from "./money-back";
import { createSales } from "./sales";
import { createTopUps } from "./top-ups";
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
  /** What Stripe adds to a checkout; what was paid, tax included, is what a payment is worth. */
  readonly sales: SaleTerms;
}

/** Makes the gateway to Stripe over the official SDK. */
export function createPayments(settings: StripeSettings): Payments {
  const stripe = createClient(settings);
  const mode = modeOfKey(settings.secretKey);
  return {
    mode,
    releaseTrain: API_VERSION.split(".")[1] ?? "",
    ...createSales(stripe, settings.sales),
    ...createMoneyBack(stripe),
    ...createTopUps(stripe),
    ...createListings(stripe),
    ...createInvoices(stripe),
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
