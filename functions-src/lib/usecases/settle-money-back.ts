import { AppError } from "../domain/app-error";
import type { ConvergeCommand } from "../domain/commands";
import type { Instant } from "../domain/instant";
import { claimsOf, isSameClaims, isSameUnits } from "../domain/money-back";
import type { PaymentClaims, PaymentFact } from "../domain/payment";
import type { MoneyBackObject } from "../domain/stripe-effects";
import { SYSTEM_ACTORS } from "./audit";
import type { Deps } from "./deps";
import { settleCheckout } from "./settle-checkout";
import { settleTopUp } from "./settle-top-up";
import { settleStanding } from "./standing";

/** How often others may decide on the same payment before the event has to come again. */
const MAX_TRIES = 5;
const PAYMENTS_PER_SWEEP = 100;

/** What became of money that went back or is contested. */
export type SettledMoneyBack =
  | { readonly kind: "ignored"; readonly why: string }
  | { readonly kind: "unchanged" | "changed"; readonly cause: string; readonly claims: PaymentClaims };

/** Which purchase a payment was for. */
interface Purchase {
  readonly accountId: string;
  readonly cause: string;
}

/**
 * Brings our books in line with the refunds, disputes and fraud warnings of a payment as Stripe has them now. Events, repeats
 * and replays of all of them meet here; whatever their order, one target is reached.
 * Throws: AppError `unavailable` when Stripe or the wallet cannot be reached (try again).
 */
export async function settleMoneyBack(deps: Deps, object: MoneyBackObject, now: Instant): Promise<SettledMoneyBack> {
  const paymentIntentId = await deps.payments.findPaymentIntent(object);
  if (paymentIntentId === null) return { kind: "ignored", why: `${object.kind} ${object.id} belongs to no payment` };
  const purchase = await purchaseOf(deps, paymentIntentId, now);
  if (purchase === null) return { kind: "ignored", why: `payment ${paymentIntentId} granted nothing` };
  return convergePayment(deps, purchase, now);
}

/** Finds the purchase; one whose own event is still on its way is settled first. */
async function purchaseOf(deps: Deps, paymentIntentId: string, now: Instant): Promise<Purchase | null> {
  const { mode } = deps.payments;
  const known = await deps.links.find(mode, paymentIntentId);
  if (known !== null) return known;
  const sessionId = await deps.payments.findCheckout(paymentIntentId);
  if (sessionId === null) await settleTopUp(deps, paymentIntentId, now);
  else await settleCheckout(deps, sessionId, now);
  return deps.links.find(mode, paymentIntentId);
}

/**
 * Decides on the claims as they are now and books the difference; of two who decide at once one comes again.
 * Throws: AppError `unavailable` when Stripe or the wallet cannot be reached, or others keep deciding.
 */
export async function convergePayment(deps: Deps, purchase: Purchase, now: Instant): Promise<SettledMoneyBack> {
  const { accountId, cause } = purchase;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const payment = await deps.paymentRecords.find(accountId, cause);
    if (payment === null || payment.stripePaymentIntentId === null)
      return { kind: "ignored", why: `${cause} has no payment` };
    // Read after the payment: claims that are older than its revision are never written.
    const money = await deps.payments.loadMoneyBack(payment);
    const claims = claimsOf(payment, money, now);
    const isSame = isSameClaims(payment, claims);
    if (!isSame && !(await bookClaims(deps, payment, claims, now))) continue;
    // Also when nothing changed: a process may have died between the claims and the standing that follows from them.
    if (money.disputes.length > 0) await settleStanding(deps, accountId, now);
    return isSame ? { kind: "unchanged", cause, claims: payment } : { kind: "changed", cause, claims };
  }
  throw new AppError("unavailable", `The claims on ${cause} stay contested: try again`);
}

/** Answers whether the claims were booked by us. */
async function bookClaims(deps: Deps, payment: PaymentFact, claims: PaymentClaims, now: Instant): Promise<boolean> {
  const { accountId, cause, valueMinor } = payment;
  if (claims.returnedMinor > valueMinor) {
    deps.log.alert("refund_exceeds_payment", { cause, returnedMinor: claims.returnedMinor, valueMinor });
  }
  if (isSameUnits(payment, claims)) return deps.paymentRecords.updateClaims(payment, claims);
  const command: ConvergeCommand = {
    kind: "converge",
    identity: {
      scope: "system",
      key: `claims:${cause}:${claims.revision}`,
      fingerprint: deps.digest.json({ ...claims }),
    },
    actor: SYSTEM_ACTORS.stripe,
    note: null,
    cause,
    claims,
  };
  const outcome = await deps.post({ accountId, unit: "tokens" }, command, now);
  return outcome.kind === "booked" && !outcome.replayed;
}

/** Decides again on payments whose claims time changed: a fraud warning does not freeze for ever. */
export async function sweepClaims(deps: Deps, now: Instant): Promise<void> {
  for (const payment of await deps.paymentRecords.listDue({ until: now, limit: PAYMENTS_PER_SWEEP })) {
    try {
      await convergePayment(deps, payment, now);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      deps.log.alert("claims_sweep_failed", { cause: payment.cause, reason });
    }
  }
}
