import type Stripe from "stripe";
import type { StoredLineItem } from "../core/kinds";
import type { Transaction } from "../core/store";
import { invalidRequest } from "../http/stripe-error";
import { assertChargeable } from "../money/currency";
import { timesQuantity } from "../money/decimal";
import { unitOf } from "./new-line-items";
import { shownDiscount } from "./new-session";
import { priceLines } from "./price-session";
import { findCode } from "./promotion-codes";
import { discountByCode, discountOf, type Discount } from "./redeem";
import { openSession } from "./settle-session";
import { knownPrice } from "./prices";

/** What a buyer may change on the page. */
export interface Change {
  /** The code as it was typed; the empty text takes the discount away. */
  readonly promotionCode?: string | undefined;
  /** New quantities by line item. */
  readonly quantities?: Readonly<Record<string, number>> | undefined;
  readonly now: number;
}

/**
 * Changes an open session as its buyer does, and prices it anew.
 * Refuses: a session that is over; a code when none are allowed, that is not there or may not be used; a quantity that is not adjustable or
 * out of its bounds; a sum that cannot be charged.
 */
export function changeSession(tx: Transaction, id: string, change: Change): Stripe.Checkout.Session {
  const session = openSession(tx, id, change.now);
  const details = tx.get("checkout_details", id);
  if (session.mode !== "payment" || details === undefined) {
    throw invalidRequest(`The checkout session ${id} has nothing to change`);
  }
  const discount = discountAfter(tx, session, change.promotionCode);
  const lines = details.lineItems.map((line) => resized(tx, line, change.quantities?.[line.id]));
  const currency = session.currency ?? "";
  const { lineItems, totals } = priceLines(tx, lines, {
    discount,
    taxed: session.automatic_tax.enabled,
    customer: typeof session.customer === "string" ? session.customer : null,
    currency,
    now: change.now,
  });
  const total = totals.amount_total ?? 0;
  if (total > 0) assertChargeable(total, currency);
  const after: Stripe.Checkout.Session = {
    ...session,
    ...totals,
    discounts: discount === null ? [] : [shownDiscount(discount)],
    payment_status: total === 0 ? "no_payment_required" : "unpaid",
  };
  tx.put("checkout.session", after);
  tx.putQuietly("checkout_details", { ...details, lineItems });
  return after;
}

function discountAfter(tx: Transaction, session: Stripe.Checkout.Session, typed: string | undefined): Discount | null {
  const given = session.discounts?.[0];
  if (typed === undefined) {
    if (given === undefined) return null;
    const { coupon, promotion_code: code } = given;
    return typeof code === "string"
      ? discountOf(tx, { promotion_code: code })
      : discountOf(tx, { coupon: String(coupon) });
  }
  if (session.allow_promotion_codes !== true) throw invalidRequest("This checkout takes no promotion codes.");
  if (typed.trim() === "") return null;
  const customer = typeof session.customer === "string" ? session.customer : null;
  const found = findCode(tx, typed, customer);
  if (found === undefined) throw invalidRequest("This code is invalid.");
  return discountByCode(tx, found);
}

function resized(tx: Transaction, line: StoredLineItem, quantity: number | undefined): StoredLineItem {
  if (quantity === undefined || quantity === line.quantity) return line;
  const bounds = line.adjustable_quantity;
  if (bounds?.enabled !== true) throw invalidRequest(`The quantity of ${line.description ?? line.id} is fixed.`);
  const { minimum, maximum } = { minimum: bounds.minimum ?? 0, maximum: bounds.maximum ?? 99 };
  if (quantity < minimum || quantity > maximum) {
    throw invalidRequest(`The quantity must be from ${minimum} to ${maximum}.`);
  }
  const { decimal } = unitOf(tx, knownPrice(tx, line.price), { currency: line.currency, at: line.id });
  const amount = timesQuantity(decimal, quantity);
  return { ...line, amount_subtotal: amount, amount_total: amount, quantity };
}
