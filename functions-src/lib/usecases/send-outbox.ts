import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import type { LowBalanceMessage, RefundMessage, TopUpMessage } from "../domain/outbox-message";
import { SPENT_KEY_REST_MS, isKeySpent, isLookNeeded } from "../domain/stripe-key-life";
import { lowBalanceEvent } from "../domain/webhook";
import type { ChargeSource, OutboxRow } from "../ports/outbox-store";
import { sweepDeliveries, tellSubscribers } from "./deliver-webhooks";
import type { Deps } from "./deps";
import { drain } from "./drain";
import { settleMoneyBack } from "./settle-money-back";
import { declineTopUp, settleTopUp } from "./settle-top-up";

/** How long one try may take before another process may take the message. */
const TURN_MS = 60_000;
const BACKOFF = { firstMs: 2_000, maxMs: 15 * 60_000 } as const;
/** After so many tries in a row somebody has to hear of it. */
const TRIES_BEFORE_ALERT = 5;

/**
 * Sends one message of the outbox: takes it, sends it under a key of its own, and ends it. A message that is not due, taken or
 * ended is left alone, so trigger and sweep may both come, twice and late; a crash between sending and ending repeats the key.
 */
export async function sendOutbox(deps: Deps, id: string, now: Instant): Promise<void> {
  const row = await deps.outbox.claim(id, { now, nextAttemptAt: now + TURN_MS });
  if (row === null) return;
  try {
    await send(deps, row, now);
  } catch (error) {
    await recordFailure(deps, row, error, now);
  }
}

/** Sends everything in the outbox that is due: what a lost trigger, a crash or an outage left behind. */
export async function sweepOutbox(deps: Deps, now: Instant): Promise<void> {
  await drain(deps, {
    listDue: (limit) => deps.outbox.listDue({ now, limit }),
    idOf: (id) => id,
    work: (id) => sendOutbox(deps, id, now),
  });
  await sweepDeliveries(deps, now);
}

async function send(deps: Deps, row: OutboxRow, now: Instant): Promise<void> {
  const { message } = row;
  switch (message.kind) {
    case "low_balance":
      return warn(deps, row.id, message, now);
    case "stripe_refund":
      return sendRefund(deps, { ...row, message }, now);
    case "top_up":
      return chargeTopUp(deps, { ...row, message }, now);
  }
}

/** Charges the saved card of the account for an attempt; one without a card counts as declined. */
async function chargeTopUp(deps: Deps, row: OutboxRow<TopUpMessage>, now: Instant): Promise<void> {
  const { accountId, facts } = row.message;
  const source = row.chargeSource ?? (await chooseChargeSource(deps, row));
  if (source === null) {
    await declineTopUp(deps, { accountId, unit: facts.unit, topUpId: facts.topUpId }, now);
    await deps.outbox.end(row.id, { state: "refused", answer: "no card is saved" });
    return;
  }
  // After a first try the charge may exist although its answer was lost.
  const { customerId } = source;
  const { topUpId } = facts;
  const since = row.firstTriedAt ?? now;
  const found = row.tries > 1 ? await deps.payments.findTopUp({ customerId, topUpId, since }) : null;
  const parameters = { ...facts, accountId, ...source };
  const idempotencyKey = keyOf(deps, row, parameters);
  const paymentIntentId = found ?? (await deps.payments.chargeSavedCard({ ...parameters, idempotencyKey }));
  await settleTopUp(deps, paymentIntentId, now);
  await deps.outbox.end(row.id, { state: "sent", answer: paymentIntentId });
}

/**
 * Chooses what an attempt is charged to, once: a later try with another card would have another key, and Stripe would charge
 * both while the first is still at work. Null = no card is saved.
 */
async function chooseChargeSource(deps: Deps, row: OutboxRow<TopUpMessage>): Promise<ChargeSource | null> {
  const account = await deps.accounts.findAccount(row.message.accountId);
  const customerId = account?.stripeCustomers[deps.payments.mode];
  const paymentMethodId = customerId === undefined ? null : await deps.payments.findSavedCard(customerId);
  if (customerId === undefined || paymentMethodId === null) return null;
  return deps.outbox.fixChargeSource(row.id, { customerId, paymentMethodId });
}

/** The hash of the parameters belongs to the key: Stripe refuses a key that comes again with other parameters. */
function keyOf(deps: Deps, { id, spentKeys }: OutboxRow, parameters: object): string {
  return `${id}:${spentKeys}:${deps.digest.json(parameters)}`.slice(-255);
}

/** Hands a warning over to the deliveries of its subscribers, which are tried on their own. */
async function warn(deps: Deps, id: string, message: LowBalanceMessage, now: Instant): Promise<void> {
  const count = await tellSubscribers(deps, { event: lowBalanceEvent(message), cause: id }, now);
  await deps.outbox.end(id, { state: "sent", answer: `${count} subscribers` });
}

/** Makes a refund. Those of one payment go out in the order in which they were asked for. */
async function sendRefund(deps: Deps, row: OutboxRow<RefundMessage>, now: Instant): Promise<void> {
  const { facts } = row.message;
  const [earliest] = await refundsOfSamePayment(deps, row);
  if (earliest !== undefined && earliest.id !== row.id) {
    await deps.outbox.fail(row.id, { reason: `waits for ${earliest.id}`, nextAttemptAt: now });
    return;
  }
  const found = isLookNeeded({ firstSentAt: row.firstTriedAt, spentKeys: row.spentKeys }, now)
    ? await deps.payments.findRefund({ paymentIntentId: facts.paymentIntentId, wish: row.id })
    : null;
  const parameters = { paymentIntentId: facts.paymentIntentId, amountMinor: facts.amountMinor, wish: row.id };
  const idempotencyKey = keyOf(deps, row, parameters);
  const refundId = found ?? (await deps.payments.createRefund({ ...parameters, idempotencyKey }));
  await deps.outbox.end(row.id, { state: "sent", answer: refundId });
  deps.log.info("refund_sent", { payment: facts.payment, refundId, amountMinor: facts.amountMinor });
  // Its event leads here too; nobody has to wait for it.
  await settleMoneyBack(deps, { kind: "refund", id: refundId }, now);
  const [next] = await refundsOfSamePayment(deps, row);
  if (next !== undefined) await sendOutbox(deps, next.id, now);
}

/** The refunds of a payment that are on their way, in the order in which they were asked for. */
async function refundsOfSamePayment(
  deps: Deps,
  { message }: OutboxRow<RefundMessage>,
): Promise<readonly OutboxRow<RefundMessage>[]> {
  const pending = await deps.outbox.listPendingRefunds(message.accountId);
  return pending
    .filter((other) => other.message.facts.payment === message.facts.payment)
    .sort((left, right) => left.message.at - right.message.at || (left.id < right.id ? -1 : 1));
}

/** An outage is waited for without limit; what Stripe refuses ends, and an operator has to look. */
async function recordFailure(deps: Deps, row: OutboxRow, error: unknown, now: Instant): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const facts = { messageId: row.id, kind: row.message.kind, tries: row.tries, reason };
  if (error instanceof AppError && error.kind === "conflict") {
    if (row.message.kind === "top_up") {
      const { accountId, facts: attempt } = row.message;
      await declineTopUp(deps, { accountId, ...attempt }, now);
    }
    await deps.outbox.end(row.id, { state: "refused", answer: reason });
    deps.log.alert("outbox_refused", facts);
    return;
  }
  const isSpent = isKeySpent(error);
  const backoffMs = Math.min(BACKOFF.maxMs, BACKOFF.firstMs * 2 ** Math.min(row.tries, 20));
  const delayMs = isSpent ? Math.max(backoffMs, SPENT_KEY_REST_MS) : backoffMs;
  await deps.outbox.fail(row.id, { reason, nextAttemptAt: now + delayMs, isKeySpent: isSpent });
  if (row.tries >= TRIES_BEFORE_ALERT) deps.log.alert("outbox_failing", facts);
  else deps.log.info("outbox_failed", facts);
}
