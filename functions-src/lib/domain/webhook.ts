import type { Instant } from "./instant";
import type { LowBalanceMessage } from "./outbox-message";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a secret that was replaced still signs, so that receivers can change theirs without a gap. */
export const OLD_SECRET_LIFE_MS = 24 * HOUR_MS;

/** After the first try and each failed one: how long to wait. About three days in all, as the Standard Webhooks scheme advises. */
const RETRY_DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** What subscribers can hear of. */
export const WEBHOOK_TYPES = ["wallet.low_balance"] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

/** A service of the customer's own that wants to hear of something. Shape: `types` null = everything. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly types: readonly WebhookType[] | null;
  readonly status: "enabled" | "disabled";
  /** The newest first; one that was replaced signs until its end. */
  readonly secrets: readonly { readonly secret: string; readonly validUntil: Instant | null }[];
  readonly createdAt: Instant;
}

/** What is told, as its receivers get it. */
export interface WebhookEvent {
  readonly type: WebhookType;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * One event on its way to one endpoint.
 * `pending`: waits for its next try. `delivered`: answered with 2xx. `failed`: tried for three days, or the endpoint is gone;
 * an operator replays it.
 */
export interface WebhookDelivery {
  readonly id: string;
  readonly endpointId: string;
  /** The same for all endpoints and tries of an event, so that receivers know repeats. */
  readonly messageId: string;
  readonly type: WebhookType;
  readonly body: string;
  readonly state: "pending" | "delivered" | "failed";
  readonly tries: number;
  readonly nextAttemptAt: Instant | null;
  readonly status: number | null;
  readonly failure: string | null;
  readonly at: Instant;
}

/** Words a low-balance message for its receivers. */
export function lowBalanceEvent({ accountId, facts, at }: LowBalanceMessage): WebhookEvent {
  const { unit, available, lowAt, channel } = facts;
  return {
    type: "wallet.low_balance",
    timestamp: new Date(at).toISOString(),
    data: { accountId, unit, available, threshold: lowAt, channel },
  };
}

/** Tells whether an endpoint wants an event. */
export function wantsEvent({ status, types }: WebhookEndpoint, type: WebhookType): boolean {
  return status === "enabled" && (types === null || types.includes(type));
}

/** The secrets that sign at an instant. */
export function validSecrets({ secrets }: WebhookEndpoint, now: Instant): readonly string[] {
  return secrets.filter(({ validUntil }) => validUntil === null || validUntil > now).map(({ secret }) => secret);
}

/** When a delivery comes again after so many tries; null = never. */
export function nextTryAt(tries: number, now: Instant): Instant | null {
  const delay = RETRY_DELAYS_MS[tries - 1];
  return delay === undefined ? null : now + delay;
}
