import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { currency, givenOf, integer, listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";

/** Amounts in other currencies, by currency. */
const amountOptions = () =>
  z.record(z.string().regex(/^[a-z]{3}$/, "Invalid currency"), z.strictObject({ amount_off: integer(1) }));

const creation = z.strictObject({
  id: z
    .string()
    .regex(/^[\w-]{1,200}$/, "expected letters, digits, - and _")
    .optional(),
  name: text(40).optional(),
  percent_off: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,2})?$/, "expected a percentage with up to two decimals")
    .transform(Number)
    .pipe(z.number().gt(0).max(100))
    .optional(),
  amount_off: integer(1).optional(),
  currency: currency().optional(),
  currency_options: amountOptions().optional(),
  duration: z.enum(["forever", "once", "repeating"]).default("once"),
  duration_in_months: integer(1).optional(),
  max_redemptions: integer(1).optional(),
  redeem_by: integer(0).optional(),
  applies_to: z.strictObject({ products: z.array(text()).min(1) }).optional(),
  metadata: metadata().optional(),
});

/** Finds a coupon that is not deleted. Refuses: `resource_missing` naming the parameter. */
export function liveCoupon(tx: Pick<Transaction, "get">, id: string, param?: string): Stripe.Coupon {
  const coupon = tx.get("coupon", id);
  if (coupon === undefined || "deleted" in coupon) throw resourceMissing("coupon", id, param);
  return coupon as Stripe.Coupon;
}

/** Tells whether a coupon can still be used: its time is not over and its uses are not used up. */
export function isValid(coupon: Pick<Stripe.Coupon, "redeem_by" | "max_redemptions" | "times_redeemed">, now: number) {
  const inTime = coupon.redeem_by === null || coupon.redeem_by > now;
  return inTime && (coupon.max_redemptions === null || coupon.times_redeemed < coupon.max_redemptions);
}

/** Shows a coupon as it stands now: time makes it invalid without a change. */
export function shownCoupon(coupon: Stripe.Coupon, now: number): Stripe.Coupon {
  return { ...coupon, valid: isValid(coupon, now) };
}

function create(tx: Transaction, params: z.output<typeof creation>, now: number): Stripe.Coupon {
  if ((params.percent_off === undefined) === (params.amount_off === undefined)) {
    throw invalidRequest("You must pass either percent_off or amount_off.", { param: "percent_off" });
  }
  if (params.amount_off !== undefined && params.currency === undefined) {
    throw invalidRequest("You must pass currency when passing amount_off.", { param: "currency" });
  }
  if ((params.duration === "repeating") !== (params.duration_in_months !== undefined)) {
    throw invalidRequest("duration_in_months is required when duration is repeating, and only then.", {
      param: "duration_in_months",
    });
  }
  if (params.redeem_by !== undefined && params.redeem_by <= now) {
    throw invalidRequest("redeem_by must be in the future.", { param: "redeem_by" });
  }
  if (params.id !== undefined && tx.get("coupon", params.id) !== undefined) {
    throw invalidRequest("Coupon already exists.", { code: "resource_already_exists", param: "id" });
  }
  for (const product of params.applies_to?.products ?? []) {
    if (tx.get("product", product) === undefined) throw resourceMissing("product", product, "applies_to[products]");
  }
  const coupon = {
    id: params.id ?? tx.newId("", 8),
    object: "coupon",
    amount_off: params.amount_off ?? null,
    created: now,
    currency: params.amount_off === undefined ? null : (params.currency ?? null),
    duration: params.duration,
    duration_in_months: params.duration_in_months ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata({}, params.metadata),
    name: params.name ?? null,
    percent_off: params.percent_off ?? null,
    redeem_by: params.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  } satisfies Stripe.Coupon;
  tx.put("coupon", coupon);
  tx.putQuietly("coupon_details", {
    id: coupon.id,
    products: params.applies_to?.products ?? null,
    currencyOptions: params.currency_options ?? {},
  });
  return coupon;
}

/** The calls of `/v1/coupons`. */
export const couponEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/coupons",
    parameters: creation,
    run: (params, { tx, now }) => create(tx, params, now),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/coupons",
    parameters: z.strictObject(listParameters),
    run: (params, { tx, now }) => {
      const living = tx.list("coupon").filter((coupon) => !("deleted" in coupon)) as Stripe.Coupon[];
      return pageOf(
        living.map((coupon) => shownCoupon(coupon, now)),
        "/v1/coupons",
        params,
      );
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/coupons/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => shownCoupon(liveCoupon(tx, id), now),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/coupons/:id",
    parameters: z.strictObject({
      name: text(40).optional(),
      metadata: metadata().optional(),
      currency_options: amountOptions().optional(),
    }),
    run: ({ name, metadata: change, currency_options: options }, { tx, now }, id) => {
      const before = liveCoupon(tx, id);
      const after = { ...before, ...givenOf({ name }), metadata: mergeMetadata(before.metadata ?? {}, change) };
      const details = tx.get("coupon_details", id);
      if (options !== undefined && details !== undefined) {
        const currencyOptions = { ...details.currencyOptions, ...options };
        tx.putQuietly("coupon_details", { ...details, currencyOptions });
      }
      tx.put("coupon", after);
      return shownCoupon(after, now);
    },
  }),
  defineEndpoint({
    method: "DELETE",
    path: "/v1/coupons/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      liveCoupon(tx, id);
      const deleted = { id, object: "coupon", deleted: true } satisfies Stripe.DeletedCoupon;
      tx.put("coupon", deleted);
      return deleted;
    },
  }),
];
