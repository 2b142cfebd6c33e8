import { AppError } from "../domain/app-error";
import type { GrantCommand } from "../domain/commands";
import type { Instant } from "../domain/instant";
import { paidGrant } from "../domain/paid-grant";
import { type AutoTopUp, afterDeclined, topUpCauseOf } from "../domain/top-up";
import type { TopUpPayment } from "../ports/payments";
import type { Deps } from "./deps";
import { refundsAfterClose } from "./paid-after-close";

/** What became of a payment intent of ours. */
export type SettledTopUp =
  | { readonly kind: "ignored"; readonly why: string }
  | { readonly kind: "granted"; readonly entryId: string }
  | { readonly kind: "declined"; readonly topUpId: string };

/**
 * Brings our books in line with the payment of an automatic top-up as Stripe has it now. The answer to our own call, the
 * webhook and replays meet here; the grant is keyed by the attempt.
 * Throws: AppError `unavailable` when Stripe or the wallet cannot be reached (try again).
 */
export async function settleTopUp(deps: Deps, paymentIntentId: string, now: Instant): Promise<SettledTopUp> {
  const facts = await deps.payments.loadTopUp(paymentIntentId);
  if (facts === null) return { kind: "ignored", why: "no top-up of ours" };
  switch (facts.status) {
    case "processing":
      return { kind: "ignored", why: "payment is still processing" };
    case "failed":
      // Nobody may pay it later: its attempt is over.
      await deps.payments.cancelTopUp(paymentIntentId);
      await declineTopUp(deps, facts, now);
      return { kind: "declined", topUpId: facts.topUpId };
    case "canceled":
      await declineTopUp(deps, facts, now);
      return { kind: "declined", topUpId: facts.topUpId };
    case "succeeded":
      return grantTopUp(deps, facts, now);
  }
}

/** Ends an attempt that brought no money. */
export async function declineTopUp(
  deps: Deps,
  { accountId, unit, topUpId }: Pick<TopUpPayment, "accountId" | "unit" | "topUpId">,
  now: Instant,
): Promise<void> {
  const topUp = (before: AutoTopUp | null): AutoTopUp | null => before && afterDeclined(before, topUpId, now);
  const wallet = await deps.wallets.changeSettings({ accountId, unit }, { topUp });
  const facts = { accountId, topUpId, declines: wallet.topUp?.declines ?? 0 };
  if (wallet.topUp?.enabled === false) deps.log.alert("top_up_switched_off", facts);
  else deps.log.info("top_up_declined", facts);
}

async function grantTopUp(deps: Deps, facts: TopUpPayment, now: Instant): Promise<SettledTopUp> {
  const { accountId, unit, paymentIntentId, mode } = facts;
  const cause = topUpCauseOf(facts.topUpId);
  const arrived = { ...facts, payment: cause, amountMinor: facts.chargeMinor };
  if (await refundsAfterClose(deps, arrived, now)) return { kind: "ignored", why: "account is closed: refunded" };
  const outcome = await deps.post({ accountId, unit }, topUpGrant(facts, cause, now), now);
  if (outcome.kind === "refused") {
    throw new AppError("unavailable", `The grant of ${cause} was refused: ${outcome.refusal.code}`);
  }
  await deps.links.put({ mode, stripeId: paymentIntentId, accountId, cause, at: now });
  return { kind: "granted", entryId: outcome.entry.id };
}

function topUpGrant(facts: TopUpPayment, cause: string, now: Instant): GrantCommand {
  return paidGrant({
    kind: "top_up",
    accountId: facts.accountId,
    cause,
    mode: facts.mode,
    valueMinor: facts.chargeMinor,
    currency: facts.currency,
    packId: facts.packId,
    packVersion: facts.packVersion,
    quantity: 1,
    stripePaymentIntentId: facts.paymentIntentId,
    stripeInvoiceId: null,
    unitsGranted: facts.units,
    paidAt: now,
    lifeDays: facts.lifeDays,
  });
}
