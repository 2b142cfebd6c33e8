import { toAmount } from "./amount";
import type { TransferCommand } from "./commands";
import { canHold, entryIdOf, nextIdOf } from "./entry";
import type { Instant } from "./instant";
import { type OpenLot, type ReceiptLine, isFree, isPaid, unitsLeft } from "./lot";
import { mulDiv } from "./mul-div";
import { takeInOrder } from "./receipt";
import { refuse } from "./refusal";
import { type Step, type StepFacts, debtRefusal, gateRefusal } from "./step";
import { walletIdOf } from "./wallet";
import { type Departure, type WalletDraft, addLot, book, takeFromLots } from "./wallet-draft";

const DAY_MS = 86_400_000;

/**
 * Plans the leaving side of a transfer: only bought units, and only so many days after they were paid for or given.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, transfer_not_allowed, in_debt,
 * insufficient_tokens, balance_limit.
 */
export function transferOut(draft: WalletDraft, command: TransferCommand, facts: StepFacts): Step {
  const { wallet } = draft;
  const closed = gateRefusal(wallet.gate);
  if (closed !== null) return { refusal: closed };
  const toWalletId = walletIdOf(command.to);
  const receiver = draft.others.get(toWalletId)?.wallet;
  const allowed = wallet.policy.transfers && command.sameOwner && toWalletId !== wallet.id;
  if (!allowed || receiver === undefined) return { refusal: refuse("transfer_not_allowed") };
  const indebted = debtRefusal(wallet);
  if (indebted !== null) return { refusal: indebted };
  const movable = draft.open.filter((lot) => isMovable(lot, wallet.policy.transferWaitDays, facts.at));
  const covered = toAmount(unitsLeft(movable));
  if (covered < command.amount) {
    return { refusal: refuse("insufficient_tokens", { missing: command.amount - covered, available: covered }) };
  }
  const onTheirWay = draft.departures.filter(({ to }) => walletIdOf(to) === toWalletId);
  if (!canHold(receiver, toAmount(command.amount + unitsOnTheirWay(onTheirWay)))) {
    return { refusal: refuse("balance_limit") };
  }
  const receipt = takeInOrder(movable, command.amount);
  const booked = book(draft, {
    kind: "transfer_out",
    ...command.identity,
    at: facts.at,
    recordedAt: facts.at,
    actor: command.actor,
    cause: { kind: "transfer", id: toWalletId },
    postings: [
      { account: "available", amount: -command.amount },
      { account: "transferClearing", amount: command.amount },
    ],
    receipt,
    answer: { amount: command.amount, toEntryId: entryIdOf(toWalletId, receiver.seq + 1 + onTheirWay.length) },
    note: command.note,
  });
  const departure: Departure = {
    to: command.to,
    fromEntryId: entryIdOf(wallet.id, booked.wallet.seq),
    units: receipt.map((line) => ({ lot: lotOf(movable, line), amount: line.amount })),
    actor: command.actor,
  };
  const departures = [...booked.departures, departure];
  return { draft: { ...takeFromLots(booked, receipt), departures } };
}

function unitsOnTheirWay(departures: readonly Departure[]): number {
  return departures.flatMap(({ units }) => units).reduce((sum, { amount }) => sum + amount, 0);
}

function lotOf(lots: readonly OpenLot[], line: ReceiptLine): OpenLot {
  const lot = lots.find(({ id }) => id === line.lotId);
  if (lot === undefined) throw new Error(`Lot ${line.lotId} gave units and was not known`);
  return lot;
}

function isMovable(lot: OpenLot, waitDays: number, at: Instant): boolean {
  return isPaid(lot) && isFree(lot, at) && lot.grantedAt + waitDays * DAY_MS <= at;
}

/**
 * Books the arriving side, for which the leaving side saw to room: each lot keeps class, end, scope, payment time and its
 * share of the cost.
 */
export function transferIn(draft: WalletDraft, arrival: Departure, at: Instant): WalletDraft {
  const { wallet } = draft;
  const amount = toAmount(unitsOnTheirWay([arrival]));
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
  return lots.reduce(
    (current, lot, index) =>
      addLot(current, lot, {
        accountId: wallet.accountId,
        walletId: wallet.id,
        causeKey: `${key}:${index}`,
        part: "whole",
        parentLotId: arrival.units[index]?.lot.id ?? null,
      }),
    booked,
  );
}

function arrivedLot(id: string, { lot, amount }: Departure["units"][number]): OpenLot {
  return {
    ...lot,
    id,
    costMinor: mulDiv(lot.costMinor, amount, lot.granted, "down"),
    granted: amount,
    remaining: amount,
  };
}
