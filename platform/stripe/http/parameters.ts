import { z } from "zod";
import { bracketPath, type Form } from "./form";
import { invalidRequest, type StripeError } from "./stripe-error";

const MAX_TEXT = 5000;

/** Text that must not be empty. */
export const text = (max = MAX_TEXT) => z.string().min(1).max(max);

/** Text that the empty string unsets. */
export const unsettableText = (max = MAX_TEXT) =>
  z
    .string()
    .max(max)
    .transform((value) => (value === "" ? null : value));

export const integer = (min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^-?\d{1,16}$/, "Invalid integer")
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));

/** A decimal of minor units, kept as text so that it passes through no float. */
export const decimal = () =>
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,12})?$/, "Invalid decimal")
    .transform((value) => value.replace(/^0+(?=\d)/, "").replace(/\.?0+$/, (end) => (end.startsWith(".") ? "" : end)));

export const flag = () => z.enum(["true", "false"]).transform((value) => value === "true");

/** A web address that a browser or a delivery can follow. */
export const webUrl = () =>
  text(MAX_TEXT).refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), "Not a valid URL");

/** An address of which all parts may be missing; the empty string unsets it. */
export const address = () =>
  z.preprocess(
    (value) => (value === "" ? null : value),
    z
      .strictObject({
        city: addressPart(),
        country: addressPart(),
        line1: addressPart(),
        line2: addressPart(),
        postal_code: addressPart(),
        state: addressPart(),
      })
      .nullable(),
  );

const addressPart = () =>
  z.preprocess((value) => (value === undefined || value === "" ? null : value), text().nullable());

export const currency = () =>
  z
    .string()
    .regex(/^[A-Za-z]{3}$/, "Invalid currency: must be a three-letter ISO code")
    .transform((value) => value.toLowerCase());

/** Changes of metadata: null clears it, an empty value deletes its key. */
export const metadata = () =>
  z.preprocess(
    (value) => (value === "" ? null : value),
    z
      .record(z.string().max(40, "Metadata keys can have at most 40 characters"), z.string().max(500))
      .refine((entries) => Object.keys(entries).length <= 50, "Metadata can have at most 50 keys")
      .nullable(),
  );

export type MetadataChange = Readonly<Record<string, string>> | null | undefined;

/** Drops what was not given, so that a spread changes only what was. */
export function givenOf<T extends object>(values: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Applies changes of metadata. */
export function mergeMetadata(
  before: Readonly<Record<string, string>>,
  change: MetadataChange,
): Record<string, string> {
  if (change === undefined) return { ...before };
  if (change === null) return {};
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== ""));
}

/** Bounds of an instant, or the one instant. */
export const range = () =>
  z.preprocess(
    (value) => (typeof value === "string" ? { gte: value, lte: value } : value),
    z.strictObject({ gt: integer(), gte: integer(), lt: integer(), lte: integer() }).partial(),
  );

/** Parameters that every list takes. */
export const listParameters = {
  limit: integer(1, 100).default(10),
  starting_after: text().optional(),
  ending_before: text().optional(),
  created: range().optional(),
};

/** Reads parameters by a schema. Throws: a StripeError naming the first parameter that is wrong. */
export function readParameters<S extends z.ZodType>(schema: S, form: Form): z.output<S> {
  const result = schema.safeParse(form);
  if (result.success) return result.data;
  // An unknown name is reported first, as the likely cause of whatever else is wrong.
  const issues = result.error.issues;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  throw issue === undefined ? invalidRequest("Invalid request") : toStripeError(issue, form);
}

function toStripeError(issue: z.core.$ZodIssue, form: Form): StripeError {
  if (issue.code === "unrecognized_keys") {
    const param = bracketPath([...issue.path, issue.keys[0] ?? ""]);
    return invalidRequest(
      `Received unknown parameter: ${param}. Of Stripe's parameters the simulator knows those in its README`,
      { code: "parameter_unknown", param },
    );
  }
  const param = bracketPath(issue.path);
  const given = valueAt(form, issue.path);
  if (given === undefined) {
    return invalidRequest(`Missing required param: ${param}.`, { code: "parameter_missing", param });
  }
  if (given === "") {
    return invalidRequest(
      `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset.`,
      { code: "parameter_invalid_empty", param },
    );
  }
  if (issue.message === "Invalid integer") {
    return invalidRequest(`Invalid integer: ${shown(given)}`, { code: "parameter_invalid_integer", param });
  }
  if (issue.message === "Not a valid URL") return invalidRequest("Not a valid URL", { code: "url_invalid", param });
  return invalidRequest(`Invalid ${param}: ${issue.message}, given ${shown(given)}`, { param });
}

function valueAt(form: Form, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    form,
  );
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 100);
}
