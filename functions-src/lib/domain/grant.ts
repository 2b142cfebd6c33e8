import type { GrantCommand } from "./commands";
import { repayDebt } from "./debt";
import { canHold, nextIdOf } from "./entry";
import type { Instant } from "./instant";
import { type OpenLot, isPaid } from "./lot";
import { refuse } from "./refusal";
import type { Step } from "./step";
import { afterPaid } from "./top-up";
import { type WalletDraft, addLot, book } from "./wallet-draft";

/**
 * Plans a grant: one new lot, pending until it becomes effective. A paid lot repays debt first, where the policy says so.
 * Grants go on while a wallet is frozen, suspended or closed.
 * Refuses: balance_limit.
 */
export function grant(draft: WalletDraft, command: GrantCommand, at: Instant): Step {
  const { wallet } = draft;
  if (!canHold(wallet, command.amount)) return { refusal: refuse("balance_limit") };

  const lot = newLot(draft, command, at);
  const booked = book(draft, {
    kind: "grant",
    ...command.identity,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: command.cause,
    postings: [
      { account: "issued", amount: -command.amount },
      { account: lot.pending ? "pending" : "available", amount: command.amount },
    ],
    receipt: [{ lotId: lot.id, class: lot.class, amount: command.amount }],
    answer: { lotId: lot.id, amount: command.amount },
    note: command.note,
  });
  const granted = addLot(endTopUp(booked, command), lot, {
    accountId: wallet.accountId,
    walletId: wallet.id,
    causeKey: command.cause.id,
    part: "whole",
    parentLotId: null,
  });
  const paid = command.payment === null ? granted : { ...granted, payments: [...granted.payments, command.payment] };
  return { draft: isPaid(lot) && !lot.pending ? repayDebt(paid, [lot]) : paid };
}

/** A top-up that is paid is open no more. */
function endTopUp(draft: WalletDraft, { cause }: GrantCommand): WalletDraft {
  const { topUp } = draft.wallet;
  if (topUp === null || cause.kind !== "top_up") return draft;
  return { ...draft, wallet: { ...draft.wallet, topUp: afterPaid(topUp, cause.id) } };
}

function newLot(draft: WalletDraft, command: GrantCommand, at: Instant): OpenLot {
  const effectiveAt = command.effectiveAt ?? at;
  return {
    id: nextIdOf("lot", draft.wallet),
    class: command.class,
    priority: command.priority,
    scope: command.scope,
    effectiveAt,
    expiresAt: command.expiresAt,
    costMinor: command.costMinor,
    currency: command.currency,
    grantedAt: command.payment?.paidAt ?? at,
    rootCause: command.cause.id,
    granted: command.amount,
    remaining: command.amount,
    pending: effectiveAt > at,
    frozenBy: [],
  };
}
