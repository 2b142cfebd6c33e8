import type { Amount } from "../domain/amount";
import type { Instant } from "../domain/instant";
import type { RefundMessage } from "../domain/outbox-message";
import { SYSTEM_ACTORS, recordOf } from "./audit";
import type { Deps } from "./deps";

/** Money that came in for something that would be granted now. */
export interface ArrivedPayment {
  readonly accountId: string;
  /** Its economic cause. */
  readonly payment: string;
  readonly paymentIntentId: string | null;
  readonly amountMinor: Amount;
  readonly currency: string;
}

/**
 * A closed account gets its money back instead of units; one that got them before it was closed keeps them.
 * Returns: whether the money goes back.
 */
export async function refundsAfterClose(deps: Deps, arrived: ArrivedPayment, now: Instant): Promise<boolean> {
  const { accountId, payment, paymentIntentId, amountMinor, currency } = arrived;
  const account = await deps.accounts.findAccount(accountId);
  if (account?.status !== "closed" || (await deps.paymentRecords.find(accountId, payment)) !== null) return false;
  deps.log.alert("paid_after_close", { accountId, payment, amountMinor, currency });
  if (paymentIntentId === null) return true;
  const facts = { payment, paymentIntentId, amountMinor, currency };
  const message: RefundMessage = {
    kind: "stripe_refund",
    accountId,
    causeKey: `refund:closed:${payment}`,
    facts,
    at: now,
  };
  const act = {
    at: now,
    actor: SYSTEM_ACTORS.stripe,
    action: "refund" as const,
    accountId,
    target: payment,
    before: { refundableMinor: amountMinor, currency },
    after: { refundableMinor: 0, currency },
  };
  const noted = recordOf(deps.digest, act, { reason: "The account is closed", identity: message.causeKey });
  await deps.outbox.put(message, noted);
  return true;
}
