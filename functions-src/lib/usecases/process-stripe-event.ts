import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import { type Effect, effectsOf } from "../domain/stripe-effects";
import type { InboxEvent } from "../ports/inbox-store";
import type { Deps } from "./deps";
import { drain } from "./drain";
import { settleCheckout } from "./settle-checkout";
import { settleMoneyBack, sweepClaims } from "./settle-money-back";
import { settleTopUp } from "./settle-top-up";

/** How long one attempt may take before another process may take the event. */
const TURN_MS = 60_000;
/** After so many failures of our own (not outages) an operator has to look. */
const MAX_OWN_FAILURES = 20;
const BACKOFF = { firstMs: 2_000, maxMs: 15 * 60_000 } as const;
/** An outage is nothing new until it lasts so long. */
const OUTAGE_BEFORE_ALERT_MS = 30 * 60_000;

/**
 * Processes one event of the inbox, and with it every other that waits about the same object: takes them, runs their effects, each
 * once, and marks them done. An event that is not due, taken or finished is left alone, so trigger and sweep may both come,
 * twice and late. Effects are keyed by their cause, never by the event.
 */
export async function processStripeEvent(deps: Deps, eventId: string, now: Instant): Promise<void> {
  const events = await deps.inbox.claim(eventId, { now, nextAttemptAt: now + TURN_MS });
  const effects = new Map(events.flatMap(effectsOf).map((effect) => [JSON.stringify(effect), effect]));
  try {
    for (const effect of effects.values()) await applyEffect(deps, effect, now);
  } catch (error) {
    for (const event of events) await recordFailure(deps, event, error, now);
    return;
  }
  for (const { id } of events) await deps.inbox.finish(id, now);
}

/** Processes everything in the inbox that is due: what a lost trigger, a crash or an outage left behind; then what time changed. */
export async function sweepInbox(deps: Deps, now: Instant): Promise<void> {
  await drain(deps, {
    listDue: async (limit) => {
      const due = await deps.inbox.listDue({ now, limit });
      // One of each object: the others go with it.
      return [...new Map(due.map((event) => [event.objectId, event])).values()];
    },
    idOf: ({ id }) => id,
    work: ({ id }) => processStripeEvent(deps, id, now),
  });
  await sweepClaims(deps, now);
}

async function applyEffect(deps: Deps, effect: Effect, now: Instant): Promise<void> {
  switch (effect.kind) {
    case "settle_checkout": {
      const settled = await settleCheckout(deps, effect.sessionId, now);
      deps.log.info("checkout_settled", { sessionId: effect.sessionId, ...settled });
      return;
    }
    case "settle_top_up": {
      const settled = await settleTopUp(deps, effect.paymentIntentId, now);
      if (settled.kind !== "ignored") deps.log.info("top_up_settled", { ...settled });
      return;
    }
    case "settle_money_back": {
      const settled = await settleMoneyBack(deps, effect.object, now);
      deps.log.info("money_back_settled", { object: effect.object.id, ...settled });
    }
  }
}

/**
 * An outage is waited for without limit, and alerted once it lasts; a failure of our own is alerted, and ends as a dead letter
 * after 20 attempts.
 */
async function recordFailure(deps: Deps, event: InboxEvent, error: unknown, now: Instant): Promise<void> {
  const outage = error instanceof AppError && error.kind === "unavailable";
  const dead = !outage && event.attempts >= MAX_OWN_FAILURES;
  const delayMs = Math.min(BACKOFF.maxMs, BACKOFF.firstMs * 2 ** Math.min(event.attempts, 20));
  const reason = error instanceof Error ? error.message : String(error);
  await deps.inbox.fail(event.id, { reason, nextAttemptAt: dead ? null : now + delayMs });
  const facts = { eventId: event.id, type: event.type, attempts: event.attempts, reason };
  if (dead) deps.log.alert("stripe_event_dead", facts);
  else if (outage && now - event.receivedAt < OUTAGE_BEFORE_ALERT_MS) deps.log.info("stripe_event_waits", facts);
  else deps.log.alert("stripe_event_failed", facts);
}
