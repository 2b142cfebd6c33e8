import { failureOf, idsOf, type Step } from "../step";

const metadata = { order_id: "6735" };

const productSteps: readonly Step[] = [
  {
    object: "products",
    title: "create, retrieve, update, list, search and delete one",
    run: async ({ stripe, check }) => {
      const product = await stripe.products.create({ name: "Gold Plan" });
      check(product, { id: /^prod_/, object: "product", name: "Gold Plan", active: true, default_price: null });
      check(await stripe.products.update(product.id, { metadata, description: "All that glitters" }), {
        id: product.id,
        metadata,
        description: "All that glitters",
      });
      check(await stripe.products.retrieve(product.id), { id: product.id, metadata });
      check(await stripe.products.list({ limit: 3, active: true, ids: [product.id] }), { data: [{ id: product.id }] });
      check(await stripe.products.search({ query: "active:'true' AND metadata['order_id']:'6735'" }), {
        object: "search_result",
        data: [{ id: product.id }],
      });
      check(await stripe.products.del(product.id), { id: product.id, object: "product", deleted: true });
      check(await failureOf(stripe.products.retrieve(product.id)), { code: "resource_missing", statusCode: 404 });
    },
  },
  {
    object: "products",
    title: "create one with its default price",
    run: async ({ stripe, check }) => {
      const product = await stripe.products.create({
        name: "Basic Dashboard",
        default_price_data: { unit_amount: 1000, currency: "usd", recurring: { interval: "month" } },
        expand: ["default_price"],
      });
      check(product, { default_price: { object: "price", unit_amount: 1000, product: product.id, type: "recurring" } });
    },
  },
];

const priceSteps: readonly Step[] = [
  {
    object: "prices",
    title: "create one with its product, retrieve, update, list and search it",
    run: async ({ stripe, check }) => {
      const price = await stripe.prices.create({
        currency: "usd",
        unit_amount: 1000,
        recurring: { interval: "month" },
        product_data: { name: "Gold Plan" },
      });
      check(price, {
        id: /^price_/,
        object: "price",
        type: "recurring",
        unit_amount: 1000,
        recurring: { interval: "month", interval_count: 1, usage_type: "licensed" },
        product: /^prod_/,
      });
      check(await stripe.prices.update(price.id, { metadata, lookup_key: "gold" }), { metadata, lookup_key: "gold" });
      check(await stripe.prices.retrieve(price.id, { expand: ["product"] }), {
        id: price.id,
        product: { name: "Gold Plan" },
      });
      const list = await stripe.prices.list({ limit: 3, lookup_keys: ["gold"], type: "recurring", currency: "usd" });
      check(list, { url: "/v1/prices", data: [{ id: price.id }] });
      check(await stripe.prices.list({ product: String(price.product), active: false }), { data: [] });
      check(await stripe.prices.search({ query: "active:'true' AND metadata['order_id']:'6735'" }), {
        data: [{ id: price.id }],
      });
    },
  },
];

const couponSteps: readonly Step[] = [
  {
    object: "coupons",
    title: "create, retrieve, update, list and delete one",
    run: async ({ stripe, check }) => {
      const coupon = await stripe.coupons.create({ duration: "forever", percent_off: 25.5 });
      check(coupon, { object: "coupon", percent_off: 25.5, amount_off: null, duration: "forever", valid: true });
      check(await stripe.coupons.update(coupon.id, { metadata }), { id: coupon.id, metadata });
      check(await stripe.coupons.retrieve(coupon.id), { id: coupon.id, times_redeemed: 0, metadata });
      const fixed = await stripe.coupons.create({
        id: "TEN_OFF",
        amount_off: 1000,
        currency: "usd",
        duration: "repeating",
        duration_in_months: 3,
      });
      check(fixed, { id: "TEN_OFF", amount_off: 1000, currency: "usd", duration_in_months: 3 });
      check(await stripe.coupons.list({ limit: 3 }), {
        url: "/v1/coupons",
        data: [{ id: fixed.id }, { id: coupon.id }],
      });
      check(await stripe.coupons.del(coupon.id), { id: coupon.id, object: "coupon", deleted: true });
      check(await failureOf(stripe.coupons.retrieve(coupon.id)), { code: "resource_missing", statusCode: 404 });
    },
  },
];

const promotionCodeSteps: readonly Step[] = [
  {
    object: "promotionCodes",
    title: "create, retrieve, update and list one",
    run: async ({ stripe, given, check }) => {
      const coupon = await given.coupons.create({ percent_off: 10 });
      const promotion = { type: "coupon", coupon: coupon.id } as const;
      const drawn = await stripe.promotionCodes.create({ promotion });
      check(drawn, { id: /^promo_/, object: "promotion_code", code: /^[A-Z0-9]{8}$/, active: true, promotion });
      const code = await stripe.promotionCodes.create({ promotion, code: "SPRING", max_redemptions: 5 });
      check(await stripe.promotionCodes.update(code.id, { metadata }), { id: code.id, metadata });
      check(await stripe.promotionCodes.retrieve(code.id, { expand: ["promotion.coupon"] }), {
        code: "SPRING",
        max_redemptions: 5,
        promotion: { coupon: { percent_off: 10 } },
      });
      check(await stripe.promotionCodes.list({ code: "SPRING", active: true, limit: 3 }), { data: [{ id: code.id }] });
      check(idsOf(await stripe.promotionCodes.list({ coupon: coupon.id })), [code.id, drawn.id]);
      check(await stripe.promotionCodes.update(code.id, { active: false }), { active: false });
    },
  },
];

/** Products, prices, coupons and promotion codes. */
export const catalogueSteps: readonly Step[] = [...productSteps, ...priceSteps, ...couponSteps, ...promotionCodeSteps];
