import { type Amount, toAmount } from "./amount";
import type { AdjustCommand, VoidCommand, WriteOffCommand } from "./commands";
import { canHold, nextIdOf } from "./entry";
import type { Instant } from "./instant";
import { type ReceiptLine, isFree, promoLot } from "./lot";
import { takeInOrder } from "./receipt";
import { refuse } from "./refusal";
import { type Step, type StepFacts, coverageBy, shortage } from "./step";
import { type WalletDraft, addLot, book, takeFromLots } from "./wallet-draft";

/** Plans the removal of the free rest of one lot, units on hold and frozen ones left alone. Refuses: nothing_to_void. */
export function voidLot(draft: WalletDraft, command: VoidCommand, at: Instant): Step {
  const lot = draft.open.find(({ id }) => id === command.lotId);
  if (lot === undefined || lot.frozenBy.length > 0) return { refusal: refuse("nothing_to_void") };
  const receipt: readonly ReceiptLine[] = [{ lotId: lot.id, class: lot.class, amount: lot.remaining }];
  const booked = book(draft, {
    kind: "void",
    ...command.identity,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: { kind: "lot", id: lot.id },
    postings: [
      { account: lot.pending ? "pending" : "available", amount: -lot.remaining },
      { account: "voided", amount: lot.remaining },
    ],
    receipt,
    answer: { amount: lot.remaining },
    note: command.note,
  });
  return { draft: takeFromLots(booked, receipt) };
}

/**
 * Plans an adjustment: `add` makes a promo lot without end, `remove` takes free units in burn order, scoped ones too.
 * Refuses: balance_limit for `add`; too_many_lots, insufficient_tokens for `remove`.
 */
export function adjust(draft: WalletDraft, command: AdjustCommand, facts: StepFacts): Step {
  return command.direction === "add" ? addUnits(draft, command, facts.at) : removeUnits(draft, command, facts);
}

function addUnits(draft: WalletDraft, command: AdjustCommand, at: Instant): Step {
  const { wallet } = draft;
  if (!canHold(wallet, command.amount)) return { refusal: refuse("balance_limit") };
  const cause = `adjust:${command.identity.scope}:${command.identity.key}`;
  const lot = promoLot(nextIdOf("lot", wallet), cause, command.amount, at);
  const receipt: readonly ReceiptLine[] = [{ lotId: lot.id, class: lot.class, amount: command.amount }];
  return {
    draft: addLot(bookAdjustment(draft, command, { receipt, signed: command.amount, at }), lot, {
      accountId: wallet.accountId,
      walletId: wallet.id,
      causeKey: cause,
      part: "whole",
      parentLotId: null,
    }),
  };
}

function removeUnits(draft: WalletDraft, command: AdjustCommand, facts: StepFacts): Step {
  const coverage = coverageBy(draft, facts, (lot) => isFree(lot, facts.at));
  if (coverage.covered < command.amount) return { refusal: shortage(coverage, command.amount) };
  const receipt = takeInOrder(coverage.lots, command.amount);
  const booked = bookAdjustment(draft, command, { receipt, signed: -command.amount, at: facts.at });
  return { draft: takeFromLots(booked, receipt) };
}

function bookAdjustment(
  draft: WalletDraft,
  command: AdjustCommand,
  facts: { readonly receipt: readonly ReceiptLine[]; readonly signed: number; readonly at: Instant },
): WalletDraft {
  return book(draft, {
    kind: "adjust",
    ...command.identity,
    at: facts.at,
    recordedAt: facts.at,
    actor: command.actor,
    cause: { kind: "adjust", id: command.identity.key },
    postings: [
      { account: "issued", amount: -facts.signed },
      { account: "available", amount: facts.signed },
    ],
    receipt: facts.receipt,
    answer: { amount: command.amount },
    note: command.note,
  });
}

/** Plans the forgiving of debt, booked as loss; never more than is owed. Refuses: nothing_to_void when nothing is owed. */
export function writeOff(draft: WalletDraft, command: WriteOffCommand, at: Instant): Step {
  const asked: Amount = command.amount ?? draft.wallet.debt;
  const amount = toAmount(Math.min(asked, draft.wallet.debt));
  if (amount === 0) return { refusal: refuse("nothing_to_void") };
  return {
    draft: book(draft, {
      kind: "write_off",
      ...command.identity,
      at,
      recordedAt: at,
      actor: command.actor,
      cause: { kind: "write_off", id: command.identity.key },
      postings: [
        { account: "debt", amount },
        { account: "writtenOff", amount: -amount },
      ],
      receipt: [],
      answer: { amount },
      note: command.note,
    }),
  };
}
