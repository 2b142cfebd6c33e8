import { z } from "zod";
import { type Amount, MAX_AMOUNT, toAmount } from "../../domain/amount";

const WHOLE_AMOUNT = "a whole number in 1..2^53-1";

/** The fields that many arguments share. */
export const fields = {
  key: z
    .string({ error: "expected a text of 1 to 200 characters" })
    .min(1, { error: "a text of 1 to 200 characters" })
    .max(200, { error: "a text of 1 to 200 characters" })
    .meta({ description: "Names the operation; the same key gets the same answer for ever" }),
  accountId: z.string({ error: "expected an account id" }).regex(/^[^:]{1,64}$/, { error: "an account id" }),
  unit: z
    .string({ error: "expected a unit" })
    .regex(/^[a-z][a-z0-9_]{0,31}$/, { error: "a unit of lower-case letters, digits and underscores" }),
  feature: z
    .string({ error: "expected a feature" })
    .regex(/^[a-z][a-z0-9_]{0,63}$/, { error: "a feature of lower-case letters, digits and underscores" }),
  amount: wholeAmount(1, WHOLE_AMOUNT),
  amountOrZero: wholeAmount(0, "a whole number in 0..2^53-1"),
  instant: z
    .custom<Date>(
      (value) => Object.prototype.toString.call(value) === "[object Date]" && !Number.isNaN(Number(value)),
      {
        error: "expected a date",
      },
    )
    .transform((date) => Number(date)),
  ttlSeconds: z
    .number({ error: "expected a whole number of seconds in 1..86400" })
    .int({ error: "a whole number of seconds in 1..86400" })
    .min(1, { error: "a whole number of seconds in 1..86400" })
    .max(86_400, { error: "a whole number of seconds in 1..86400" }),
  recordId: z.string({ error: "expected an id" }).min(3, { error: "an id" }).max(256, { error: "an id" }),
  reason: z
    .string({ error: "expected a reason of 3 to 1000 characters" })
    .trim()
    .min(3, { error: "a reason of 3 to 1000 characters" })
    .max(1000, { error: "a reason of 3 to 1000 characters" }),
  currency: z
    .string({ error: "expected a currency code of three capital letters" })
    .regex(/^[A-Z]{3}$/, { error: "a currency code of three capital letters" }),
  url: z
    .string({ error: "expected an http or https address" })
    .refine(isHttpUrl, { error: "an http or https address" }),
};

function wholeAmount(minimum: number, expected: string): z.ZodType<Amount> {
  return z
    .custom<number>(
      (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= MAX_AMOUNT,
      {
        error: `expected ${expected}`,
      },
    )
    .transform(toAmount);
}

function isHttpUrl(value: string): boolean {
  if (value.length > 2048 || !URL.canParse(value)) return false;
  return ["http:", "https:"].includes(new URL(value).protocol);
}
