import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { currency, flag, integer, listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { isValid, liveCoupon } from "./coupons";
import { liveCustomer } from "./customers";

const creation = z.strictObject({
  promotion: z.strictObject({ type: z.literal("coupon"), coupon: text() }),
  code: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,500}$/, "expected letters, digits and dashes")
    .optional(),
  active: flag().default(true),
  customer: text().optional(),
  expires_at: integer(0).optional(),
  max_redemptions: integer(1).optional(),
  metadata: metadata().optional(),
  restrictions: z
    .strictObject({
      first_time_transaction: flag().optional(),
      minimum_amount: integer(1).optional(),
      minimum_amount_currency: currency().optional(),
    })
    .optional(),
});

const CODE_LENGTH = 8;

function create(tx: Transaction, params: z.output<typeof creation>, now: number): Stripe.PromotionCode {
  const coupon = liveCoupon(tx, params.promotion.coupon, "promotion[coupon]");
  if (!isValid(coupon, now)) {
    throw invalidRequest("This coupon is no longer valid.", { code: "coupon_expired", param: "promotion[coupon]" });
  }
  if (params.expires_at !== undefined && params.expires_at <= now) {
    throw invalidRequest("The expiration timestamp must be in the future.", { param: "expires_at" });
  }
  const {
    minimum_amount: least,
    minimum_amount_currency: leastIn,
    first_time_transaction: first,
  } = params.restrictions ?? {};
  if ((least === undefined) !== (leastIn === undefined)) {
    throw invalidRequest("You must pass both minimum_amount and minimum_amount_currency.", {
      param: "restrictions[minimum_amount_currency]",
    });
  }
  const code = params.code ?? tx.newId("", CODE_LENGTH).toUpperCase();
  assertFree(tx, code, params.customer ?? null);
  const promotionCode = {
    id: tx.newId("promo_"),
    object: "promotion_code",
    active: params.active,
    code,
    created: now,
    customer: params.customer === undefined ? null : liveCustomer(tx, params.customer, "customer").id,
    customer_account: null,
    expires_at: params.expires_at ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata({}, params.metadata),
    promotion: { coupon: coupon.id, type: "coupon" },
    restrictions: {
      first_time_transaction: first ?? false,
      minimum_amount: least ?? null,
      minimum_amount_currency: leastIn ?? null,
    },
    times_redeemed: 0,
  } satisfies Stripe.PromotionCode;
  tx.put("promotion_code", promotionCode);
  return promotionCode;
}

function assertFree(tx: Transaction, code: string, customer: string | null): void {
  const holder = tx
    .list("promotion_code")
    .find((other) => other.active && sameCode(other, code) && (other.customer === null || other.customer === customer));
  if (holder === undefined) return;
  throw invalidRequest(`An active promotion code with \`code: ${code}\` already exists.`, { param: "code" });
}

/** Compares codes as a buyer types them. */
function sameCode(promotionCode: Stripe.PromotionCode, code: string): boolean {
  return promotionCode.code.toLowerCase() === code.trim().toLowerCase();
}

/** Finds the code that a buyer typed: the customer's own before one for everybody. */
export function findCode(tx: Transaction, typed: string, customer: string | null): Stripe.PromotionCode | undefined {
  const found = tx.list("promotion_code").filter((one) => one.active && sameCode(one, typed));
  return (
    found.find((one) => one.customer !== null && one.customer === customer) ??
    found.find((one) => one.customer === null)
  );
}

/** Shows a code as it stands now: time and its coupon make it inactive without a change. */
export function shownCode(tx: Transaction, promotionCode: Stripe.PromotionCode, now: number): Stripe.PromotionCode {
  return { ...promotionCode, active: promotionCode.active && isUsable(tx, promotionCode, now) };
}

/** Tells whether a code and its coupon can still be used. */
export function isUsable(tx: Transaction, promotionCode: Stripe.PromotionCode, now: number): boolean {
  const { expires_at: redeem_by, max_redemptions, times_redeemed, promotion } = promotionCode;
  if (!isValid({ redeem_by, max_redemptions, times_redeemed }, now)) return false;
  const coupon = typeof promotion.coupon === "string" ? tx.get("coupon", promotion.coupon) : undefined;
  return coupon !== undefined && !("deleted" in coupon) && isValid(coupon as Stripe.Coupon, now);
}

/** Finds a promotion code. Refuses: `resource_missing` naming the parameter. */
export function knownCode(tx: Transaction, id: string, param?: string): Stripe.PromotionCode {
  const found = tx.get("promotion_code", id);
  if (found === undefined) throw resourceMissing("promotion code", id, param);
  return found;
}

/** The calls of `/v1/promotion_codes`. */
export const promotionCodeEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/promotion_codes",
    parameters: creation,
    run: (params, { tx, now }) => create(tx, params, now),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/promotion_codes",
    parameters: z.strictObject({
      ...listParameters,
      active: flag().optional(),
      code: text().optional(),
      coupon: text().optional(),
      customer: text().optional(),
    }),
    run: (params, { tx, now }) => {
      const found = tx
        .list("promotion_code")
        .map((one) => shownCode(tx, one, now))
        .filter(({ active }) => params.active === undefined || active === params.active)
        .filter((one) => params.code === undefined || sameCode(one, params.code))
        .filter(({ promotion }) => params.coupon === undefined || promotion.coupon === params.coupon)
        .filter(({ customer }) => params.customer === undefined || customer === params.customer);
      return pageOf(found, "/v1/promotion_codes", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/promotion_codes/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => shownCode(tx, knownCode(tx, id), now),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/promotion_codes/:id",
    parameters: z.strictObject({ active: flag().optional(), metadata: metadata().optional() }),
    run: ({ active, metadata: change }, { tx, now }, id) => {
      const before = knownCode(tx, id);
      if (active === true && !isUsable(tx, before, now)) {
        throw invalidRequest("This promotion code cannot be activated: it has expired or its uses are used up.", {
          param: "active",
        });
      }
      const after = {
        ...before,
        active: active ?? before.active,
        metadata: mergeMetadata(before.metadata ?? {}, change),
      };
      tx.put("promotion_code", after);
      return shownCode(tx, after, now);
    },
  }),
];
