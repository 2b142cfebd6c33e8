import { z } from "zod";
import { fields } from "./fields";
import { parseWith } from "./parse-with";

export const parseNothing = parseWith(z.strictObject({}));

export const parseCheckout = parseWith(
  z.strictObject({
    accountId: fields.accountId.optional(),
    key: fields.key,
    pack: z.string({ error: "expected the id of a pack, see billing/catalog" }).min(1).max(64),
    quantity: z
      .number({ error: "expected a whole number in 1..1000" })
      .int({ error: "a whole number in 1..1000" })
      .min(1, { error: "a whole number in 1..1000" })
      .max(1000, { error: "a whole number in 1..1000" })
      .default(1),
    successUrl: fields.url,
    cancelUrl: fields.url,
  }),
);

export const parsePurchase = parseWith(
  z.strictObject({ accountId: fields.accountId.optional(), sessionId: fields.recordId }),
);
