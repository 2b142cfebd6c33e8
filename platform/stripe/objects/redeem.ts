import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest } from "../http/stripe-error";
import type { Off } from "../money/discounts";
import { isValid, liveCoupon } from "./coupons";
import { isUsable, knownCode } from "./promotion-codes";

/** A coupon as it is used, by itself or by a code. */
export interface Discount {
  readonly coupon: Stripe.Coupon;
  readonly promotionCode: Stripe.PromotionCode | null;
}

/** What a discount is to be used on. */
export interface Basket {
  readonly currency: string;
  readonly subtotalMinor: number;
  readonly customer: string | null;
  readonly now: number;
}

/** Finds the discount that a call names. Refuses: both or none of coupon and promotion_code; what is not there. */
export function discountOf(
  tx: Transaction,
  given: { readonly coupon?: string | undefined; readonly promotion_code?: string | undefined },
): Discount {
  const { coupon, promotion_code: code } = given;
  if ((coupon === undefined) === (code === undefined)) {
    throw invalidRequest("You must specify either `coupon` or `promotion_code`.", { param: "discounts[0]" });
  }
  if (coupon !== undefined) {
    return { coupon: liveCoupon(tx, coupon, "discounts[0][coupon]"), promotionCode: null };
  }
  return discountByCode(tx, knownCode(tx, code ?? "", "discounts[0][promotion_code]"));
}

/** Makes the discount of a code. */
export function discountByCode(tx: Transaction, promotionCode: Stripe.PromotionCode): Discount {
  return { coupon: liveCoupon(tx, String(promotionCode.promotion.coupon), "promotion_code"), promotionCode };
}

/**
 * Checks that a discount may be used on a basket, and tells what it takes off.
 * Refuses, in this order: a coupon that is over; a code that is over or off; another customer's code; not the first payment; an amount
 * below the least; a currency that the coupon does not have.
 */
export function offOf(tx: Transaction, { coupon, promotionCode }: Discount, basket: Basket): Off {
  const param = promotionCode === null ? "discounts[0][coupon]" : "discounts[0][promotion_code]";
  const refuse = (message: string, code?: string): Error =>
    invalidRequest(message, code === undefined ? { param } : { code, param });
  if (!isValid(coupon, basket.now)) throw refuse(`Coupon ${coupon.id} is used up or has expired.`, "coupon_expired");
  if (promotionCode !== null) {
    const { restrictions } = promotionCode;
    if (!promotionCode.active || !isUsable(tx, promotionCode, basket.now)) {
      throw refuse("This promotion code is inactive or has expired.", "promotion_code_expired");
    }
    if (promotionCode.customer !== null && promotionCode.customer !== basket.customer) {
      throw refuse("This promotion code cannot be redeemed because it belongs to another customer.");
    }
    if (restrictions.first_time_transaction && hasPaid(tx, basket.customer)) {
      throw refuse("This promotion code cannot be redeemed because the associated customer has prior transactions.");
    }
    if (restrictions.minimum_amount !== null) {
      if (restrictions.minimum_amount_currency !== basket.currency) {
        throw refuse("This promotion code cannot be redeemed because its minimum amount is in another currency.");
      }
      if (basket.subtotalMinor < restrictions.minimum_amount) {
        throw refuse("This promotion code cannot be redeemed because the order is below its minimum amount.");
      }
    }
  }
  if (coupon.percent_off !== null) return { kind: "percent", percent: coupon.percent_off };
  const other = tx.get("coupon_details", coupon.id)?.currencyOptions[basket.currency]?.amount_off;
  const amountMinor = coupon.currency === basket.currency ? coupon.amount_off : other;
  if (amountMinor === null || amountMinor === undefined) {
    throw refuse(`Coupon ${coupon.id} has no amount in ${basket.currency}.`);
  }
  return { kind: "amount", amountMinor };
}

function hasPaid(tx: Transaction, customer: string | null): boolean {
  return customer !== null && tx.list("charge").some((charge) => charge.customer === customer && charge.paid);
}

/** Counts one use of a coupon and of its code. */
export function redeem(
  tx: Transaction,
  used: { readonly coupon: string | null; readonly code: string | null },
  now: number,
): void {
  const coupon = used.coupon === null ? undefined : tx.get("coupon", used.coupon);
  if (coupon !== undefined && !("deleted" in coupon)) {
    const after = { ...(coupon as Stripe.Coupon), times_redeemed: (coupon as Stripe.Coupon).times_redeemed + 1 };
    tx.put("coupon", { ...after, valid: isValid(after, now) });
  }
  const code = used.code === null ? undefined : tx.get("promotion_code", used.code);
  if (code !== undefined) {
    const times_redeemed = code.times_redeemed + 1;
    const active = code.active && (code.max_redemptions === null || times_redeemed < code.max_redemptions);
    tx.put("promotion_code", { ...code, active, times_redeemed });
  }
}
