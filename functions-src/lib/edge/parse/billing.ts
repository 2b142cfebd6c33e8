import { z } from "zod";
import { fields } from "./fields";
import { parseWith } from "./parse-with";

export const parseNothing = parseWith(z.strictObject({}));

export const parseCheckout = parseWith(
  z
    .strictObject({
      accountId: fields.accountId.optional(),
      key: fields.key,
      pack: z.string({ error: "expected the id of a pack, see billing/catalog" }).min(1).max(64),
      quantity: z
        .number({ error: "expected a whole number in 1..1000" })
        .int({ error: "a whole number in 1..1000" })
        .min(1, { error: "a whole number in 1..1000" })
        .max(1000, { error: "a whole number in 1..1000" })
        .default(1),
      coupon: z.string({ error: "expected a promotion code" }).trim().min(1).max(64).optional(),
      saveCard: z.boolean({ error: "expected true or false" }).default(false),
      successUrl: fields.url,
      cancelUrl: fields.url,
    })
    .transform(({ coupon, ...rest }) => ({ ...rest, coupon: coupon ?? null })),
);

const CAP = "expected a whole number in 1..1000";
const cap = z.strictObject({
  count: z.int({ error: CAP }).min(1, { error: CAP }).max(1000, { error: CAP }),
  amountMinor: fields.amount,
});
// Packs sell tokens, and money that goes back takes tokens: no other unit can be topped up with one.
const soldUnit = z.literal("tokens", { error: "tokens, the unit that packs sell" }).default("tokens");
const wallet = { accountId: fields.accountId.optional(), unit: soldUnit };

export const parseAutoTopUp = parseWith(
  z.discriminatedUnion(
    "enabled",
    [
      z.strictObject({ ...wallet, enabled: z.literal(false) }),
      z.strictObject({
        ...wallet,
        enabled: z.literal(true),
        threshold: fields.amount,
        pack: z.string({ error: "expected the id of a pack, see billing/catalog" }).min(1).max(64),
        capPerDay: cap,
        capPerMonth: cap,
      }),
    ],
    { error: "enabled: expected true or false" },
  ),
);

export const parsePurchase = parseWith(
  z.strictObject({ accountId: fields.accountId.optional(), sessionId: fields.recordId }),
);

const PAGE = "expected a whole number in 1..100";

export const parseInvoices = parseWith(
  z
    .strictObject({
      accountId: fields.accountId.optional(),
      limit: z.int({ error: PAGE }).min(1, { error: PAGE }).max(100, { error: PAGE }).default(20),
      before: fields.recordId.optional(),
    })
    .transform(({ before, ...rest }) => ({ ...rest, before: before ?? null })),
);
