import { z } from "zod";
import { currency, decimal, flag, integer, metadata, text, webUrl } from "../http/parameters";

const lineItem = z.strictObject({
  price: text().optional(),
  price_data: z
    .strictObject({
      currency: currency(),
      product: text().optional(),
      product_data: z
        .strictObject({
          name: text(),
          description: text().optional(),
          images: z.array(webUrl()).optional(),
          metadata: metadata().optional(),
        })
        .optional(),
      tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional(),
      unit_amount: integer(0).optional(),
      unit_amount_decimal: decimal().optional(),
    })
    .optional(),
  quantity: integer(1, 999_999),
  adjustable_quantity: z
    .strictObject({ enabled: flag(), maximum: integer(1, 999_999).optional(), minimum: integer(0, 999_999).optional() })
    .optional(),
  metadata: metadata().optional(),
});

/** Parameters of `POST /v1/checkout/sessions` in payment mode; the refused ones are here to be refused by name. */
export const sessionParameters = z.strictObject({
  mode: z.enum(["payment", "setup", "subscription"]),
  ui_mode: text().optional(),
  payment_method_types: z.unknown().optional(),
  line_items: z.array(lineItem).min(1).max(100).optional(),
  customer: text().optional(),
  customer_email: text(512).optional(),
  customer_creation: z.enum(["always", "if_required"]).optional(),
  client_reference_id: text(200).optional(),
  currency: currency().optional(),
  metadata: metadata().optional(),
  invoice_creation: z
    .strictObject({
      enabled: flag(),
      invoice_data: z
        .strictObject({ description: text().optional(), footer: text().optional(), metadata: metadata().optional() })
        .optional(),
    })
    .optional(),
  payment_intent_data: z
    .strictObject({
      metadata: metadata().optional(),
      description: text().optional(),
      setup_future_usage: z.enum(["off_session", "on_session"]).optional(),
      capture_method: z.enum(["automatic", "automatic_async", "manual"]).optional(),
    })
    .optional(),
  setup_intent_data: z.strictObject({ metadata: metadata().optional(), description: text().optional() }).optional(),
  allowed_payment_method_types: z.array(text(40)).min(1).max(40).optional(),
  excluded_payment_method_types: z.array(text(40)).min(1).max(40).optional(),
  saved_payment_method_options: z
    .strictObject({
      allow_redisplay_filters: z
        .array(z.enum(["always", "limited", "unspecified"]))
        .min(1)
        .optional(),
    })
    .optional(),
  customer_update: z
    .strictObject({ name: z.enum(["auto", "never"]).optional(), address: z.enum(["auto", "never"]).optional() })
    .optional(),
  automatic_tax: z.strictObject({ enabled: flag() }).optional(),
  discounts: z
    .array(z.strictObject({ coupon: text().optional(), promotion_code: text().optional() }))
    .max(1, "Only one discount can be applied")
    .optional(),
  submit_type: z.enum(["auto", "book", "donate", "pay", "subscribe"]).optional(),
  allow_promotion_codes: flag().optional(),
  success_url: webUrl().optional(),
  cancel_url: webUrl().optional(),
  expires_at: integer(0).optional(),
});

export type SessionParameters = z.output<typeof sessionParameters>;
export type LineItemParameters = z.output<typeof lineItem>;
