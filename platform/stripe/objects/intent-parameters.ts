import { z } from "zod";
import { currency, flag, integer, metadata, text, unsettableText, webUrl } from "../http/parameters";
import { invalidRequest } from "../http/stripe-error";
import { shippingParameters } from "./shipping";

const types = () => z.array(text(40)).min(1).max(40).optional();
const usage = z.enum(["off_session", "on_session"]);

/** What creation and confirmation share. */
const confirmation = {
  payment_method: text().optional(),
  payment_method_types: z.unknown().optional(),
  off_session: flag().optional(),
  return_url: webUrl().optional(),
  use_stripe_sdk: flag().optional(),
  mandate_data: z.unknown().optional(),
};

/** What is told about a payment on its charge, and on the statement of who pays. */
const told = {
  shipping: shippingParameters.optional(),
  statement_descriptor: text(22).optional(),
  statement_descriptor_suffix: text(22).optional(),
};

const captureMethod = z.enum(["automatic", "automatic_async", "manual"]).optional();
const failing = { error_on_requires_action: flag().optional() };

export const intentCreation = z.strictObject({
  ...confirmation,
  ...failing,
  ...told,
  amount: integer(0),
  currency: currency(),
  customer: text().optional(),
  description: text().optional(),
  metadata: metadata().optional(),
  receipt_email: text(512).optional(),
  setup_future_usage: usage.optional(),
  capture_method: captureMethod,
  confirm: flag().default(false),
  allowed_payment_method_types: types(),
  excluded_payment_method_types: types(),
  automatic_payment_methods: z
    .strictObject({ enabled: flag(), allow_redirects: z.enum(["always", "never"]).optional() })
    .optional(),
});

export const intentConfirmation = z.strictObject({
  ...confirmation,
  ...failing,
  capture_method: captureMethod,
  receipt_email: unsettableText(512).optional(),
  setup_future_usage: usage.optional(),
  shipping: told.shipping,
});

export const intentUpdate = z.strictObject({
  ...told,
  allowed_payment_method_types: types(),
  amount: integer(0).optional(),
  capture_method: captureMethod,
  currency: currency().optional(),
  customer: text().optional(),
  description: unsettableText().optional(),
  excluded_payment_method_types: types(),
  metadata: metadata().optional(),
  receipt_email: unsettableText(512).optional(),
  payment_method: text().optional(),
  payment_method_types: z.unknown().optional(),
  setup_future_usage: z
    .enum(["off_session", "on_session", ""])
    .transform((value) => (value === "" ? null : value))
    .optional(),
});

export const setupCreation = z
  .strictObject({
    ...confirmation,
    customer: text().optional(),
    description: text().optional(),
    metadata: metadata().optional(),
    usage: usage.default("off_session"),
    confirm: flag().default(false),
    allowed_payment_method_types: types(),
    excluded_payment_method_types: types(),
    automatic_payment_methods: intentCreation.shape.automatic_payment_methods,
  })
  .omit({ off_session: true });

export const intentCapture = z.strictObject({
  amount_to_capture: integer(1).optional(),
  metadata: metadata().optional(),
  statement_descriptor: told.statement_descriptor,
  statement_descriptor_suffix: told.statement_descriptor_suffix,
});

export const setupUpdate = z.strictObject({
  customer: text().optional(),
  description: unsettableText().optional(),
  metadata: metadata().optional(),
  payment_method: text().optional(),
});

export const setupConfirmation = z.strictObject(confirmation).omit({ off_session: true });

/** Refuses `payment_method_types`, as the pinned version does, and both other lists at once. */
export function assertMethodTypes(params: {
  readonly payment_method_types?: unknown;
  readonly allowed_payment_method_types?: readonly string[] | undefined;
  readonly excluded_payment_method_types?: readonly string[] | undefined;
}): void {
  if (params.payment_method_types !== undefined) {
    throw invalidRequest(
      "The parameter `payment_method_types` is no longer supported. Use `allowed_payment_method_types` or `excluded_payment_method_types`.",
      { code: "payment_method_types_no_longer_supported", param: "payment_method_types" },
    );
  }
  if (params.allowed_payment_method_types !== undefined && params.excluded_payment_method_types !== undefined) {
    throw invalidRequest(
      "You may only specify one of these parameters: allowed_payment_method_types, excluded_payment_method_types.",
      { param: "allowed_payment_method_types" },
    );
  }
}
