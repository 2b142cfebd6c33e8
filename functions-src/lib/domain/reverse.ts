import { toAmount } from "./amount";
import type { ReverseCommand } from "./commands";
import { nextFate } from "./debt";
import { canHold } from "./entry";
import { giveBack, leftToGive } from "./give-back";
import type { Instant } from "./instant";
import { refuse } from "./refusal";
import type { Step } from "./step";
import type { Original, WalletDraft } from "./wallet-draft";

/**
 * Plans a reversal: units of a spend or capture go back to their own lots, newest taken first; what was written off of an
 * overdraft cannot come back. A lot that ended meanwhile comes back with the life it had left when it was spent.
 * Refuses, in this order: exceeds_spend, balance_limit.
 */
export function reverse(draft: WalletDraft, command: ReverseCommand, at: Instant): Step {
  const original = draft.records.originals.get(command.entryId);
  const forgiven = original === undefined ? 0 : forgivenOf(draft, original);
  const reversible = original === undefined || !isSpend(original) ? 0 : leftToGive(original, forgiven);
  const amount = command.amount ?? toAmount(reversible);
  if (original === undefined || amount > reversible || amount === 0) {
    return { refusal: refuse("exceeds_spend", { reversible }) };
  }
  if (!canHold(draft.wallet, amount)) return { refusal: refuse("balance_limit") };
  const giving = {
    kind: "reverse",
    ...command.identity,
    actor: command.actor,
    cause: { kind: "reverse", id: original.entry.id },
    note: command.note,
    answer: {},
    from: "spent",
    since: original.entry.at,
    at,
  } as const;
  return { draft: giveBack(draft, original, { amount, forgiven }, giving) };
}

function isSpend({ entry: { kind } }: Original): boolean {
  return kind === "spend" || kind === "capture";
}

/** What was written off of the overdraft of an original, in the draft too. */
export function forgivenOf(draft: WalletDraft, { fate }: Original): number {
  return draft.entries.reduce(nextFate, fate).forgiven;
}
