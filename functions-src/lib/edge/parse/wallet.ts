import { z } from "zod";
import { ENTRY_KINDS } from "../../domain/entry";
import { fields } from "./fields";
import { parseWith } from "./parse-with";

const METADATA_LIMIT = 4096;

const metadata = z
  .record(z.string(), z.json(), { error: "expected an object of JSON values" })
  .refine((value) => JSON.stringify(value).length <= METADATA_LIMIT, { error: "at most 4096 characters of JSON" });

const account = { accountId: fields.accountId.optional() };
const unit = fields.unit.default("tokens");

export const parseBalance = parseWith(
  z
    .strictObject({ ...account, unit, at: fields.instant.optional() })
    .transform(({ at, ...rest }) => (at === undefined ? rest : { ...rest, at })),
);

const spendFields = {
  amount: fields.amount.optional(),
  quantity: fields.amount.optional(),
  feature: fields.feature.optional(),
};
const HOW_MUCH = { error: "an amount, or a feature and a quantity", path: ["amount"] };

/** A spend names its amount, or a feature and the quantity that the catalog prices. */
function saysHowMuch(spend: {
  readonly amount?: unknown;
  readonly quantity?: unknown;
  readonly feature?: unknown;
}): boolean {
  if (spend.quantity === undefined) return spend.amount !== undefined;
  return spend.amount === undefined && spend.feature !== undefined;
}

export const parseConsume = parseWith(
  z
    .strictObject({ ...account, key: fields.key, unit, ...spendFields, metadata: metadata.optional() })
    .refine(saysHowMuch, HOW_MUCH)
    .transform(({ amount, quantity, feature, metadata: note, ...rest }) => ({
      ...rest,
      amount: amount ?? null,
      quantity: quantity ?? null,
      feature: feature ?? null,
      metadata: note ?? null,
    })),
);

/** A preview takes the argument of consume; its key may be left out, because nothing is kept under it. */
export const parsePreview = parseWith(
  z
    .strictObject({ ...account, key: fields.key.optional(), unit, ...spendFields, metadata: metadata.optional() })
    .refine(saysHowMuch, HOW_MUCH)
    .transform(({ key, amount, quantity, feature, metadata: _note, ...rest }) => ({
      ...rest,
      key: key ?? "preview",
      amount: amount ?? null,
      quantity: quantity ?? null,
      feature: feature ?? null,
      metadata: null,
    })),
);

export const parseHistory = parseWith(
  z
    .strictObject({
      ...account,
      unit,
      limit: z
        .number({ error: "expected a whole number in 1..200" })
        .int({ error: "a whole number in 1..200" })
        .min(1, { error: "a whole number in 1..200" })
        .max(200, { error: "a whole number in 1..200" })
        .default(50),
      before: fields.amount.optional(),
      kinds: z.array(z.enum(ENTRY_KINDS)).min(1).max(20).optional(),
    })
    .transform(({ before, kinds, ...rest }) => ({ ...rest, before: before ?? null, kinds: kinds ?? null })),
);

const authorization = {
  amount: fields.amount,
  feature: fields.feature.optional(),
  ttlSeconds: fields.ttlSeconds.optional(),
};

export const parseAuthorize = parseWith(
  z
    .strictObject({ ...account, key: fields.key, unit, ...authorization })
    .transform(({ feature, ttlSeconds, ...rest }) => ({
      ...rest,
      feature: feature ?? null,
      ttlSeconds: ttlSeconds ?? null,
    })),
);

export const parseCapture = parseWith(
  z
    .strictObject({ ...account, holdId: fields.recordId, key: fields.key, amount: fields.amount.optional() })
    .transform(({ amount, ...rest }) => ({ ...rest, amount: amount ?? null })),
);

export const parseRelease = parseWith(z.strictObject({ ...account, holdId: fields.recordId, key: fields.key }));

export const parseExtend = parseWith(
  z.strictObject({ ...account, holdId: fields.recordId, ttlSeconds: fields.ttlSeconds }),
);

export const parseTransfer = parseWith(
  z.strictObject({ ...account, key: fields.key, toAccountId: fields.accountId, amount: fields.amount, unit }),
);

const operation = z.discriminatedUnion(
  "kind",
  [
    z
      .strictObject({ kind: z.literal("consume"), ...spendFields })
      .refine(saysHowMuch, HOW_MUCH)
      .transform(({ amount, quantity, feature, ...rest }) => ({
        ...rest,
        amount: amount ?? null,
        quantity: quantity ?? null,
        feature: feature ?? null,
      })),
    z
      .strictObject({ kind: z.literal("authorize"), ...authorization })
      .transform(({ feature, ttlSeconds, ...rest }) => ({
        ...rest,
        feature: feature ?? null,
        ttlSeconds: ttlSeconds ?? null,
      })),
    z
      .strictObject({ kind: z.literal("capture"), holdId: fields.recordId, amount: fields.amount.optional() })
      .transform(({ amount, ...rest }) => ({ ...rest, amount: amount ?? null })),
    z.strictObject({ kind: z.literal("release"), holdId: fields.recordId }),
    z.strictObject({ kind: z.literal("transfer"), toAccountId: fields.accountId, amount: fields.amount }),
  ],
  { error: "expected kind consume, authorize, capture, release or transfer" },
);

export const parseBatch = parseWith(
  z.strictObject({
    ...account,
    key: fields.key,
    unit,
    operations: z.array(operation, { error: "expected a list of 1 to 50 operations" }).min(1).max(50),
  }),
);

export const parseExplain = parseWith(
  z.union(
    [
      z
        .strictObject({ ...account, entryId: fields.recordId })
        .transform(({ entryId, ...rest }) => ({ ...rest, kind: "entry" as const, entryId })),
      z
        .strictObject({ ...account, unit, from: fields.instant, to: fields.instant })
        .transform((period) => ({ ...period, kind: "bridge" as const })),
    ],
    { error: "expected entryId, or from and to" },
  ),
);

export const parseAlerts = parseWith(
  z
    .strictObject({
      ...account,
      unit,
      threshold: fields.amountOrZero.nullable().optional(),
      channel: z.string({ error: "expected a text" }).min(1).max(200).nullable().optional(),
    })
    .transform(({ threshold, channel, ...rest }) => ({
      ...rest,
      ...(threshold === undefined ? {} : { threshold }),
      ...(channel === undefined ? {} : { channel }),
    })),
);
