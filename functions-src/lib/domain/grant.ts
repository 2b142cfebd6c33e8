import type { GrantCommand } from "./commands";
import { canHold, seqText } from "./entry";
import type { Instant } from "./instant";
import type { LotFact, OpenLot } from "./lot";
import { refuse } from "./refusal";
import { addToLots, book } from "./wallet-draft";
import type { Step } from "./spend";
import type { WalletDraft } from "./wallet-draft";

/**
 * Plans a grant: one new lot, pending until it becomes effective.
 * Grants go on while a wallet is frozen, suspended or closed.
 * Refuses: balance_limit.
 */
export function grant(draft: WalletDraft, command: GrantCommand, at: Instant): Step {
  const { wallet } = draft;
  if (!canHold(wallet, command.amount)) return { refusal: refuse("balance_limit") };

  const effectiveAt = command.effectiveAt ?? at;
  const pending = effectiveAt > at;
  const lot: OpenLot = {
    id: `${wallet.id}:lot-${seqText(wallet.seq + 1)}`,
    class: command.class,
    priority: command.priority,
    scope: command.scope,
    effectiveAt,
    expiresAt: command.expiresAt,
    costMinor: command.costMinor,
    currency: command.currency,
    granted: command.amount,
    remaining: command.amount,
    pending,
  };
  const booked = book(draft, {
    kind: "grant",
    ...command.identity,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: command.cause,
    postings: [
      { account: "issued", amount: -command.amount },
      { account: pending ? "pending" : "available", amount: command.amount },
    ],
    receipt: [{ lotId: lot.id, class: lot.class, amount: command.amount }],
    answer: { lotId: lot.id, amount: command.amount },
    note: command.note,
  });
  return {
    draft: {
      ...booked,
      open: addToLots(booked.open, lot),
      made: [...booked.made, lotFact(draft, command, lot, at)],
      payments: command.payment === null ? booked.payments : [...booked.payments, command.payment],
    },
  };
}

function lotFact(draft: WalletDraft, command: GrantCommand, lot: OpenLot, grantedAt: Instant): LotFact {
  const { remaining: _remaining, pending: _pending, ...terms } = lot;
  return {
    ...terms,
    accountId: draft.wallet.accountId,
    walletId: draft.wallet.id,
    causeKey: command.cause.id,
    part: "whole",
    grantedAt,
  };
}
