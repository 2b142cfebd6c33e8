import { z } from "zod";
import { currency, flag, integer, metadata, text, webUrl } from "../http/parameters";

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
      unit_amount: integer(0),
    })
    .optional(),
  quantity: integer(1, 999_999),
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
  payment_intent_data: z.strictObject({ metadata: metadata().optional(), description: text().optional() }).optional(),
  invoice_creation: z
    .strictObject({
      enabled: flag(),
      invoice_data: z
        .strictObject({ description: text().optional(), footer: text().optional(), metadata: metadata().optional() })
        .optional(),
    })
    .optional(),
  submit_type: z.enum(["auto", "book", "donate", "pay", "subscribe"]).optional(),
  allow_promotion_codes: flag().optional(),
  success_url: webUrl().optional(),
  cancel_url: webUrl().optional(),
  expires_at: integer(0).optional(),
});

export type SessionParameters = z.output<typeof sessionParameters>;
export type LineItemParameters = z.output<typeof lineItem>;
