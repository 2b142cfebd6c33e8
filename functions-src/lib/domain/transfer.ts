import { type Amount, ZERO, toAmount } from "./amount";
import type { TransferCommand } from "./commands";
import { canHold, entryIdOf, nextIdOf } from "./entry";
import type { Instant } from "./instant";
import { type OpenLot, type ReceiptLine, isFree, isPaid, unitsLeft } from "./lot";
import { mulDiv } from "./mul-div";
import { takeInOrder } from "./receipt";
import { refuse } from "./refusal";
import { type Step, type StepFacts, debtRefusal, gateRefusal } from "./step";
import { type WalletDraft, addLot, book, takeFromLots } from "./wallet-draft";

/** How long bought units stay before they may move, so that a payment that turns out bad is found where it was made. */
const TRANSFER_WAIT_MS = 30 * 86_400_000;

/** Units on their way: from which lot, with which terms. */
export interface MovedUnits {
  readonly lot: OpenLot;
  readonly amount: Amount;
}

/**
 * Plans the leaving side of a transfer: only bought units, and only 30 days after they were paid for or given.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, transfer_not_allowed, in_debt,
 * insufficient_tokens.
 */
export function transferOut(draft: WalletDraft, command: TransferCommand, facts: StepFacts): Step {
  const { wallet } = draft;
  const closed = gateRefusal(wallet.gate);
  if (closed !== null) return { refusal: closed };
  const allowed = wallet.policy.transfers && command.sameOwner && command.toWalletId !== wallet.id;
  if (!allowed) return { refusal: refuse("transfer_not_allowed") };
  const indebted = debtRefusal(wallet);
  if (indebted !== null) return { refusal: indebted };
  const movable = draft.open.filter((lot) => isMovable(lot, facts.at));
  const covered = toAmount(unitsLeft(movable));
  if (covered < command.amount) {
    return { refusal: refuse("insufficient_tokens", { missing: command.amount - covered, available: covered }) };
  }
  const receipt = takeInOrder(movable, command.amount);
  const booked = book(draft, {
    kind: "transfer_out",
    ...command.identity,
    at: facts.at,
    recordedAt: facts.at,
    actor: command.actor,
    cause: { kind: "transfer", id: command.toWalletId },
    postings: [
      { account: "available", amount: -command.amount },
      { account: "transferClearing", amount: command.amount },
    ],
    receipt,
    answer: { amount: command.amount, toEntryId: entryIdOf(command.toWalletId, command.toSeq) },
    note: command.note,
  });
  return { draft: takeFromLots(booked, receipt) };
}

function isMovable(lot: OpenLot, at: Instant): boolean {
  return isPaid(lot) && isFree(lot, at) && lot.grantedAt + TRANSFER_WAIT_MS <= at;
}

/** What a receipt took, with the terms of its lots, for the arriving side. */
export function movedUnits(before: readonly OpenLot[], receipt: readonly ReceiptLine[]): readonly MovedUnits[] {
  return receipt.map((line) => {
    const lot = before.find(({ id }) => id === line.lotId);
    if (lot === undefined) throw new Error(`Lot ${line.lotId} gave units and was not known`);
    return { lot, amount: line.amount };
  });
}

/** Plans the arriving side: each lot keeps class, end, scope, payment time and its share of the cost. Refuses: balance_limit. */
export function transferIn(
  draft: WalletDraft,
  arrival: {
    readonly fromEntryId: string;
    readonly units: readonly MovedUnits[];
    readonly actor: TransferCommand["actor"];
  },
  at: Instant,
): Step {
  const { wallet } = draft;
  const amount = arrival.units.reduce<Amount>((sum, unit) => toAmount(sum + unit.amount), ZERO);
  if (!canHold(wallet, amount)) return { refusal: refuse("balance_limit") };
  const lotId = nextIdOf("lot", wallet);
  const lots = arrival.units.map((unit, index) => arrivedLot(`${lotId}-${index}`, unit));
  const key = `transfer:${arrival.fromEntryId}`;
  const booked = book(draft, {
    kind: "transfer_in",
    scope: "system",
    key,
    fingerprint: key,
    at,
    recordedAt: at,
    actor: arrival.actor,
    cause: { kind: "transfer", id: arrival.fromEntryId },
    postings: [
      { account: "transferClearing", amount: -amount },
      { account: "available", amount },
    ],
    receipt: lots.map((lot) => ({ lotId: lot.id, class: lot.class, amount: lot.granted })),
    answer: { amount },
    note: null,
  });
  return {
    draft: lots.reduce(
      (current, lot, index) =>
        addLot(current, lot, {
          accountId: wallet.accountId,
          walletId: wallet.id,
          causeKey: `${key}:${index}`,
          part: "whole",
          parentLotId: arrival.units[index]?.lot.id ?? null,
        }),
      booked,
    ),
  };
}

function arrivedLot(id: string, { lot, amount }: MovedUnits): OpenLot {
  return {
    ...lot,
    id,
    costMinor: mulDiv(lot.costMinor, amount, lot.granted, "down"),
    granted: amount,
    remaining: amount,
  };
}
