import type { Amount } from "./amount";
import type { Instant } from "./instant";
import type { WalletDraft } from "./wallet-draft";

/** Whether a warning that is set now may fire: one set above the balance waits until the balance was back at it. */
export function isArmed(lowAt: Amount | null, available: Amount): boolean {
  return lowAt === null || available >= lowAt;
}

/**
 * Looks at the low-balance warning after a step: it fires once when the available units fall below the threshold, and is
 * armed again when they are back at it. The message is written with the entry that crossed, so it can be neither lost nor
 * repeated.
 */
export function watchBalance(draft: WalletDraft, at: Instant): WalletDraft {
  const { wallet } = draft;
  const { lowAt, armed, channel } = wallet.alert;
  if (lowAt === null) return draft;
  if (isArmed(lowAt, wallet.available)) {
    return armed ? draft : { ...draft, wallet: { ...wallet, alert: { ...wallet.alert, armed: true } } };
  }
  if (!armed) return draft;
  return {
    ...draft,
    wallet: { ...wallet, alert: { ...wallet.alert, armed: false } },
    messages: [
      ...draft.messages,
      {
        kind: "low_balance",
        accountId: wallet.accountId,
        causeKey: `low_balance:${wallet.id}:${wallet.seq}`,
        facts: { unit: wallet.unit, available: wallet.available, lowAt, channel },
        at,
      },
    ],
  };
}
