import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import type { LowBalanceMessage, RefundMessage } from "../domain/outbox-message";
import { lowBalanceEvent } from "../domain/webhook";
import type { OutboxRow } from "../ports/outbox-store";
import { sweepDeliveries, tellSubscribers } from "./deliver-webhooks";
import type { Deps } from "./deps";
import { settleMoneyBack } from "./settle-money-back";

/** How long one try may take before another process may take the message. */
const TURN_MS = 60_000;
const BACKOFF = { firstMs: 2_000, maxMs: 15 * 60_000 } as const;
/** After so many tries in a row somebody has to hear of it. */
const TRIES_BEFORE_ALERT = 5;
const MESSAGES_PER_SWEEP = 500;
/** Stripe forgets idempotency keys after 24 h: what was first tried longer ago is looked for before it is sent again. */
const KEY_LIFE_MS = 23 * 3_600_000;

/**
 * Sends one message of the outbox: takes it, sends it under a key of its own, and ends it. A message that is not due, taken or
 * ended is left alone, so trigger and sweep may both come, twice and late; a crash between sending and ending repeats the key.
 */
export async function sendOutbox(deps: Deps, id: string, now: Instant): Promise<void> {
  const row = await deps.outbox.claim(id, { now, nextAttemptAt: now + TURN_MS });
  if (row === null) return;
  try {
    if (isRefund(row)) await sendRefund(deps, row, now);
    else if (row.message.kind === "low_balance") await warn(deps, row.id, row.message, now);
  } catch (error) {
    await recordFailure(deps, row, error, now);
  }
}

/** Sends everything in the outbox that is due: what a lost trigger, a crash or an outage left behind. */
export async function sweepOutbox(deps: Deps, now: Instant): Promise<void> {
  const due = await deps.outbox.listDue({ now, limit: MESSAGES_PER_SWEEP });
  for (const id of due) await sendOutbox(deps, id, now);
  await sweepDeliveries(deps, now);
}

function isRefund(row: OutboxRow): row is OutboxRow<RefundMessage> {
  return row.message.kind === "stripe_refund";
}

/** Hands a warning over to the deliveries of its subscribers, which are tried on their own. */
async function warn(deps: Deps, id: string, message: LowBalanceMessage, now: Instant): Promise<void> {
  const count = await tellSubscribers(deps, { event: lowBalanceEvent(message), cause: id }, now);
  await deps.outbox.end(id, { state: "sent", answer: `${count} subscribers` });
}

async function sendRefund(deps: Deps, row: OutboxRow<RefundMessage>, now: Instant): Promise<void> {
  const { facts } = row.message;
  const isOld = row.firstTriedAt !== null && now - row.firstTriedAt > KEY_LIFE_MS;
  const found = isOld ? await deps.payments.findRefund({ paymentIntentId: facts.paymentIntentId, wish: row.id }) : null;
  const parameters = { paymentIntentId: facts.paymentIntentId, amountMinor: facts.amountMinor, wish: row.id };
  // The hash of the parameters belongs to the key: Stripe refuses a key that comes again with other parameters.
  const idempotencyKey = `${row.id}:${deps.digest.json(parameters)}`.slice(-255);
  const refundId = found ?? (await deps.payments.createRefund({ ...parameters, idempotencyKey }));
  await deps.outbox.end(row.id, { state: "sent", answer: refundId });
  deps.log.info("refund_sent", { payment: facts.payment, refundId, amountMinor: facts.amountMinor });
  // Its event leads here too; nobody has to wait for it.
  await settleMoneyBack(deps, { kind: "refund", id: refundId }, now);
}

/** An outage is waited for without limit; what Stripe refuses ends, and an operator has to look. */
async function recordFailure(deps: Deps, row: OutboxRow, error: unknown, now: Instant): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const facts = { messageId: row.id, kind: row.message.kind, tries: row.tries, reason };
  if (error instanceof AppError && error.kind === "conflict") {
    await deps.outbox.end(row.id, { state: "refused", answer: reason });
    deps.log.alert("outbox_refused", facts);
    return;
  }
  const delayMs = Math.min(BACKOFF.maxMs, BACKOFF.firstMs * 2 ** Math.min(row.tries, 20));
  await deps.outbox.fail(row.id, { reason, nextAttemptAt: now + delayMs });
  if (row.tries >= TRIES_BEFORE_ALERT) deps.log.alert("outbox_failing", facts);
  else deps.log.info("outbox_failed", facts);
}
