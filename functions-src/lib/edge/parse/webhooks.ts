import { z } from "zod";
import { WEBHOOK_TYPES } from "../../domain/webhook";
import { fields } from "./fields";
import { parseWith } from "./parse-with";

const LIMIT = "expected a whole number in 1..200";
const { reason } = fields;
const endpointId = fields.recordId;

export const parseWebhooks = parseWith(
  z.discriminatedUnion(
    "action",
    [
      z
        .strictObject({
          action: z.literal("create"),
          url: fields.url,
          types: z.array(z.enum(WEBHOOK_TYPES)).min(1).max(100).optional(),
          reason,
        })
        .transform(({ types, ...rest }) => ({ ...rest, types: types ?? null })),
      z.strictObject({ action: z.literal("list") }),
      z.strictObject({ action: z.literal("rotate"), endpointId, reason }),
      z.strictObject({ action: z.enum(["disable", "enable"]), endpointId, reason }),
      z
        .strictObject({
          action: z.literal("deliveries"),
          endpointId,
          limit: z.int({ error: LIMIT }).min(1, { error: LIMIT }).max(200, { error: LIMIT }).default(50),
          before: fields.instant.optional(),
        })
        .transform(({ before, ...rest }) => ({ ...rest, before: before ?? null })),
      z.strictObject({ action: z.literal("replay"), deliveryId: fields.recordId, reason }),
    ],
    { error: "expected action create, list, rotate, disable, enable, deliveries or replay" },
  ),
);
