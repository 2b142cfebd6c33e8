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

export const parseBalance = parseWith(z.strictObject({ ...account, unit }));

export const parseConsume = parseWith(
  z
    .strictObject({
      ...account,
      key: fields.key,
      amount: fields.amount,
      unit,
      feature: fields.feature.optional(),
      metadata: metadata.optional(),
    })
    .transform(({ feature, metadata: note, ...rest }) => ({
      ...rest,
      feature: feature ?? null,
      metadata: note ?? null,
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
