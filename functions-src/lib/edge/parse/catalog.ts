import { z } from "zod";
import type { CatalogItemTerms, FeatureTerms } from "../../domain/catalog";
import { chargeStepOf } from "../../domain/charge-step";
import { DEFAULT_HOLD_TERMS, LATE_CAPTURES } from "../../domain/hold";
import { fields } from "./fields";
import { parseWith } from "./parse-with";

const id = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, { error: "an id of lower-case letters, digits and dashes" });
const name = z.string().min(1).max(128);
const price = z
  .strictObject({ amountMinor: fields.amountOrZero, currency: fields.currency })
  .superRefine(({ amountMinor, currency }, context) => {
    const step = chargeStepOf(currency);
    if (amountMinor % step === 0) return;
    const message = `a multiple of ${step}, as Stripe charges ${currency}`;
    context.addIssue({ code: "custom", path: ["amountMinor"], message, input: amountMinor });
  });
const wholeNumber = (minimum: number, maximum: number): z.ZodNumber => z.number().int().min(minimum).max(maximum);

const featurePrice = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fixed"), tokens: fields.amount }),
  z.strictObject({ kind: z.literal("per_unit"), tokens: fields.amount }),
  z.strictObject({
    kind: z.literal("tiered"),
    tiers: z
      .array(z.strictObject({ upTo: fields.amount.nullable(), tokens: fields.amountOrZero }))
      .min(1)
      .max(20)
      .refine(areTiers, { error: "tiers with rising ends, the last without one" }),
  }),
]);

function areTiers(tiers: readonly { readonly upTo: number | null }[]): boolean {
  return tiers.every(({ upTo }, index) => {
    const next = tiers[index + 1];
    if (next === undefined) return upTo === null;
    return upTo !== null && (next.upTo === null || next.upTo > upTo);
  });
}

const feature: z.ZodType<FeatureTerms> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("boolean"), enabled: z.boolean() }),
  z.strictObject({ kind: z.literal("limit"), limit: fields.amountOrZero }),
  z.strictObject({
    kind: z.literal("metered"),
    limit: fields.amountOrZero.nullable(),
    hard: z.boolean(),
    price: featurePrice.nullable(),
    holds: z.strictObject({ lateCapture: z.enum(LATE_CAPTURES), captureMore: z.boolean() }).default(DEFAULT_HOLD_TERMS),
  }),
]);

const plan = z.strictObject({
  kind: z.literal("plan"),
  id,
  group: id,
  rank: wholeNumber(0, 1000),
  name,
  interval: z.enum(["month", "year"]).nullable(),
  price,
  signupTokens: fields.amountOrZero,
  monthlyTokens: fields.amountOrZero,
  rollover: z.strictObject({ percent: wholeNumber(1, 100), periods: wholeNumber(1, 36) }).nullable(),
  trial: z.strictObject({ days: wholeNumber(1, 730), tokens: fields.amountOrZero }).nullable(),
  features: z.record(fields.feature, feature),
});

const pack = z.strictObject({
  kind: z.literal("pack"),
  id,
  name,
  price,
  tokens: fields.amount,
  lifeDays: wholeNumber(1, 36_500).nullable(),
});

/** Reads a catalog file: a list of plans and packs without versions. */
export const parseCatalog: (file: unknown) => readonly CatalogItemTerms[] = parseWith(
  z.array(z.discriminatedUnion("kind", [plan, pack])).min(1),
);
