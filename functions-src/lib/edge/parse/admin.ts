import { z } from "zod";
import { DEFAULT_PRIORITY, LOT_CLASSES } from "../../domain/lot";
import { DRIFT_ACTIONS } from "../../domain/drift";
import type { GrantInput } from "../../usecases/grant-tokens";
import { fields } from "./fields";
import { parseWith } from "./parse-with";

const priority = z
  .number({ error: "expected a whole number in 0..100" })
  .int({ error: "a whole number in 0..100" })
  .min(0, { error: "a whole number in 0..100" })
  .max(100, { error: "a whole number in 0..100" });

export const parseGrant = parseWith(
  z
    .strictObject({
      key: fields.key,
      accountId: fields.accountId,
      unit: fields.unit.default("tokens"),
      amount: fields.amount,
      class: z.enum(LOT_CLASSES, { error: "expected promo, allocation or pack" }),
      priority: priority.default(DEFAULT_PRIORITY),
      effectiveAt: fields.instant.optional(),
      expiresAt: fields.instant.optional(),
      costMinor: fields.amountOrZero.optional(),
      currency: fields.currency.optional(),
      scope: z.array(fields.feature, { error: "expected a list of features" }).min(1).max(100).optional(),
      reason: fields.reason,
    })
    .refine((grant) => (grant.costMinor ?? 0) === 0 || grant.currency !== undefined, {
      error: "expected a currency beside costMinor",
      path: ["currency"],
    })
    .transform(({ effectiveAt, expiresAt, costMinor, currency, scope, ...rest }): GrantInput => ({
      ...rest,
      effectiveAt: effectiveAt ?? null,
      expiresAt: expiresAt ?? null,
      costMinor: costMinor ?? fields.amountOrZero.parse(0),
      currency: currency ?? null,
      scope: scope === undefined ? null : [...new Set(scope)].sort(),
    })),
);

export const parseVerify = parseWith(
  z
    .strictObject({ accountId: fields.accountId.optional() })
    .transform(({ accountId }) => (accountId === undefined ? {} : { accountId })),
);

const keyed = { key: fields.key, reason: fields.reason };
const wallet = { accountId: fields.accountId, unit: fields.unit.default("tokens") };

export const parseReverse = parseWith(
  z
    .strictObject({ ...keyed, entryId: fields.recordId, amount: fields.amount.optional() })
    .transform(({ amount, ...rest }) => ({ ...rest, amount: amount ?? null })),
);

export const parseVoid = parseWith(z.strictObject({ ...keyed, lotId: fields.recordId }));

export const parseAdjust = parseWith(
  z.strictObject({
    ...keyed,
    ...wallet,
    direction: z.enum(["add", "remove"], { error: "expected add or remove" }),
    amount: fields.amount,
  }),
);

export const parseWriteOff = parseWith(
  z
    .strictObject({ ...keyed, ...wallet, amount: fields.amount.optional() })
    .transform(({ amount, ...rest }) => ({ ...rest, amount: amount ?? null })),
);

export const parseRefund = parseWith(
  z
    .strictObject({ ...keyed, paymentId: fields.recordId, amountMinor: fields.amount.optional() })
    .transform(({ amountMinor, ...rest }) => ({ ...rest, amountMinor: amountMinor ?? null })),
);

export const parseReconcile = parseWith(
  z
    .strictObject({
      accountId: fields.accountId.optional(),
      dryRun: z.boolean({ error: "expected true or false" }).default(false),
      depth: z.enum(["events", "full"], { error: "expected events or full" }).default("full"),
    })
    .transform(({ accountId, ...rest }) => ({ ...rest, accountId: accountId ?? null })),
);

const PAGE = "expected a whole number in 1..200";

export const parseDrifts = parseWith(
  z
    .strictObject({
      state: z.enum(DRIFT_ACTIONS, { error: `expected ${DRIFT_ACTIONS.join(", ")}` }).optional(),
      limit: z.int({ error: PAGE }).min(1, { error: PAGE }).max(200, { error: PAGE }).default(50),
    })
    .transform(({ state, ...rest }) => ({ ...rest, state: state ?? null })),
);

export const parseReport = parseWith(
  z
    .strictObject({
      kind: z.literal("refunds", { error: "expected refunds" }),
      from: fields.instant,
      to: fields.instant,
      format: z.enum(["json", "csv"], { error: "expected json or csv" }).default("json"),
    })
    .refine(({ from, to }) => from < to, { error: "expected an instant after from", path: ["to"] }),
);

export const parseStanding = parseWith(z.strictObject({ accountId: fields.accountId, reason: fields.reason }));

export const parseTrace = parseWith(z.strictObject({ id: fields.recordId }));

export const parseReplayEvent = parseWith(
  z
    .strictObject({ eventId: fields.recordId, reason: fields.reason.optional() })
    .transform(({ eventId, reason }) => ({ eventId, reason: reason ?? null })),
);

export const parseAudit = parseWith(
  z
    .strictObject({
      accountId: fields.accountId.optional(),
      actor: fields.recordId.optional(),
      from: fields.instant.optional(),
      to: fields.instant.optional(),
      before: fields.recordId.optional(),
      limit: z.int({ error: PAGE }).min(1, { error: PAGE }).max(200, { error: PAGE }).default(50),
    })
    .transform(({ accountId, actor, from, to, before, limit }) => ({
      accountId: accountId ?? null,
      actorId: actor ?? null,
      from: from ?? null,
      to: to ?? null,
      before: before ?? null,
      limit,
    })),
);

/** The fields that were given. */
function given<T extends object>(all: T): { [Field in keyof T]?: Exclude<T[Field], undefined> } {
  const entries = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Field in keyof T]?: Exclude<T[Field], undefined> };
}

const DAYS = "expected a whole number of days in 0..365";

export const parsePolicy = parseWith(
  z
    .strictObject({
      ...wallet,
      overdraftLimit: fields.amountOrZero.optional(),
      debt: z.enum(["repay", "collect"], { error: "expected repay or collect" }).optional(),
      blockInDebt: z.boolean({ error: "expected true or false" }).optional(),
      transfers: z.boolean({ error: "expected true or false" }).optional(),
      clawbackFromLaterLots: z.boolean({ error: "expected true or false" }).optional(),
      transferWaitDays: z.int({ error: DAYS }).min(0, { error: DAYS }).max(365, { error: DAYS }).optional(),
      reason: fields.reason,
    })
    .transform(({ accountId, unit, reason, ...policy }) => ({ accountId, unit, reason, policy: given(policy) })),
);
