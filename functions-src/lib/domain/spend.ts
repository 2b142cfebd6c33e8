import { type Amount, minus, toAmount } from "./amount";
import { burnKey } from "./burn-key";
import type { SpendCommand } from "./commands";
import type { Instant } from "./instant";
import { type OpenLot, type ReceiptLine, isEligible } from "./lot";
import { type Refusal, refuse } from "./refusal";
import { type WalletDraft, book, eligibleTotal, takeFromLots } from "./wallet-draft";
import type { Gate } from "./wallet";

/** How many lots one operation may touch. */
const MAX_LOTS_PER_OPERATION = 1000;

/** A step of a plan: the next draft with its entry as the last one, or the refusal that changed nothing. */
export type Step = { readonly draft: WalletDraft } | { readonly refusal: Refusal };

/**
 * Plans a spend on a settled draft: takes units in burn order from the lots that may pay for the feature.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, in_debt, too_many_lots, insufficient_tokens.
 */
export function spend(
  draft: WalletDraft,
  command: SpendCommand,
  facts: { readonly at: Instant; readonly horizon: string | null },
): Step {
  const { wallet } = draft;
  const closed = gateRefusal(wallet.gate);
  if (closed !== null) return { refusal: closed };
  if (wallet.blockInDebt && wallet.debt > 0) return { refusal: refuse("in_debt", { debt: wallet.debt }) };

  // A lot past the horizon may not pay: lots that were not loaded could precede it in burn order.
  const { horizon } = facts;
  const eligible = draft.open.filter(
    (lot) =>
      isEligible(lot, { at: facts.at, feature: command.feature }) && (horizon === null || burnKey(lot) <= horizon),
  );
  const reachable = eligible.slice(0, MAX_LOTS_PER_OPERATION);
  const coverable = eligibleTotal(reachable);
  if (coverable < command.amount) {
    if (reachable.length < eligible.length || horizon !== null) {
      return { refusal: refuse("too_many_lots", { max: MAX_LOTS_PER_OPERATION, coverable }) };
    }
    const missing = minus(command.amount, coverable);
    return { refusal: refuse("insufficient_tokens", { missing, available: coverable }) };
  }

  const receipt = take(reachable, command.amount);
  const booked = book(draft, {
    kind: "spend",
    ...command.identity,
    at: facts.at,
    recordedAt: facts.at,
    actor: command.actor,
    cause:
      command.feature === null ? { kind: "spend", id: command.identity.key } : { kind: "feature", id: command.feature },
    postings: [
      { account: "available", amount: -command.amount },
      { account: "spent", amount: command.amount },
    ],
    receipt,
    answer: { amount: command.amount },
    note: command.note,
  });
  return { draft: { ...booked, open: takeFromLots(booked.open, receipt) } };
}

function gateRefusal(gate: Gate): Refusal | null {
  switch (gate) {
    case "closed":
      return refuse("account_closed");
    case "suspended":
      return refuse("account_suspended");
    case "frozen":
      return refuse("wallet_frozen");
    case "open":
      return null;
  }
}

/** Takes an amount from lots in their order. Holds: the lots hold at least the amount. */
function take(lots: readonly OpenLot[], amount: Amount): readonly ReceiptLine[] {
  const receipt: ReceiptLine[] = [];
  let missing = amount;
  for (const lot of lots) {
    if (missing === 0) break;
    const part = toAmount(Math.min(missing, lot.remaining));
    receipt.push({ lotId: lot.id, class: lot.class, amount: part });
    missing = minus(missing, part);
  }
  return receipt;
}
