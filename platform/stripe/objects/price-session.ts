import type Stripe from "stripe";
import type { StoredLineItem } from "../core/kinds";
import type { Transaction } from "../core/store";
import { splitDiscount, taxOf } from "../money/discounts";
import { offOf, type Discount } from "./redeem";

/** The lines with what they cost in the end, and their sums. */
export interface PricedLines {
  readonly lineItems: readonly StoredLineItem[];
  readonly totals: Pick<Stripe.Checkout.Session, "amount_subtotal" | "amount_total" | "total_details">;
}

/** What is computed on top of the lines. */
export interface Pricing {
  readonly discount: Discount | null;
  readonly taxed: boolean;
  readonly customer: string | null;
  readonly currency: string;
  readonly now: number;
}

/** Reads the one rate of tax, in percent, that the account is set to; the control plane sets it. */
export function taxPercentOf(state: Pick<Transaction, "get">): number {
  return (state.get("setting", "tax")?.value as number | undefined) ?? 0;
}

/** Prices lines: subtotal, discount, tax on what is left. Refuses: a discount that may not be used on them. */
export function priceLines(tx: Transaction, lines: readonly StoredLineItem[], pricing: Pricing): PricedLines {
  const { discount, currency, customer, now } = pricing;
  const subtotalMinor = sumOf(lines, "amount_subtotal");
  const products = discount === null ? null : (tx.get("coupon_details", discount.coupon.id)?.products ?? null);
  const parts = lines.map((line) => ({
    amountMinor: line.amount_subtotal,
    counts: products === null || products.includes(tx.get("price", line.price)?.product ?? ""),
  }));
  const shares =
    discount === null ? [] : splitDiscount(parts, offOf(tx, discount, { currency, subtotalMinor, customer, now }));
  const percent = pricing.taxed ? taxPercentOf(tx) : 0;
  const lineItems = lines.map((line, index) => {
    const amount_discount = shares[index] ?? 0;
    const inclusive = behaviorOf(tx, line) === "inclusive";
    const net = line.amount_subtotal - amount_discount;
    const amount_tax = taxOf(net, { percent, inclusive });
    return { ...line, amount_discount, amount_tax, amount_total: inclusive ? net : net + amount_tax };
  });
  return {
    lineItems,
    totals: {
      amount_subtotal: subtotalMinor,
      amount_total: sumOf(lineItems, "amount_total"),
      total_details: {
        amount_discount: sumOf(lineItems, "amount_discount"),
        amount_shipping: 0,
        amount_tax: sumOf(lineItems, "amount_tax"),
      },
    },
  };
}

/** Reads whether tax is a part of the price, which each of its currencies says for itself. */
function behaviorOf(tx: Transaction, line: StoredLineItem): Stripe.Price.TaxBehavior | null {
  const price = tx.get("price", line.price);
  if (price === undefined || price.currency === line.currency) return price?.tax_behavior ?? null;
  return tx.get("price_details", price.id)?.currencyOptions[line.currency]?.tax_behavior ?? null;
}

function sumOf(
  lines: readonly StoredLineItem[],
  field: "amount_subtotal" | "amount_discount" | "amount_tax" | "amount_total",
): number {
  return lines.reduce((sum, line) => sum + line[field], 0);
}
