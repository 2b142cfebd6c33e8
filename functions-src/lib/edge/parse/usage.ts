import { z } from "zod";
import { fields } from "./fields";
import { parseWith } from "./parse-with";

const account = { accountId: fields.accountId.optional() };
const name = (longest: number): z.ZodString =>
  z
    .string({ error: `expected a text of 1 to ${longest} characters without a colon` })
    .regex(new RegExp(`^[^:]{1,${longest}}$`), { error: `a text of 1 to ${longest} characters without a colon` });

export const parseReport = parseWith(
  z
    .strictObject({
      ...account,
      source: name(100),
      id: name(200),
      feature: fields.feature,
      quantity: fields.amount,
      at: fields.instant.optional(),
      corrects: name(200).optional(),
    })
    .transform(({ at, corrects, ...rest }) => ({ ...rest, at: at ?? null, corrects: corrects ?? null })),
);

export const parseSummary = parseWith(
  z.strictObject({
    ...account,
    feature: fields.feature,
    from: fields.instant,
    to: fields.instant,
    granularity: z.enum(["hour", "day", "month"], { error: "expected hour, day or month" }),
  }),
);
