import { type Amount, minus, toAmount } from "./amount";
import { inBurnOrder } from "./burn-key";
import { type Booking, claimFor, contentOf, lotsOf } from "./claims-booking";
import type { ConvergeCommand } from "./commands";
import { putClaim } from "./debt";
import { setFrozen } from "./freeze-lots";
import { giveBack, leftToGive } from "./give-back";
import type { Instant } from "./instant";
import { type OpenLot, type ReceiptLine, isFree, isPaid, unitsLeft } from "./lot";
import type { PaymentFact } from "./payment";
import { takeInOrder, unitsOf } from "./receipt";
import { refuse } from "./refusal";
import { forgivenOf } from "./reverse";
import type { Step } from "./step";
import { type Original, type WalletDraft, book, lotPostings, takeFromLots } from "./wallet-draft";

/** How many later lots one clawback may touch, so that its receipt stays bounded. */
const MAX_LATER_LOTS = 900;

/**
 * Plans what stands against a payment: takes units back or gives them back until as many are taken as the claims say, and
 * freezes or thaws the rest of its lots, also of those that were transferred to other wallets. Goes on while a wallet is
 * frozen, suspended or closed.
 * Refuses: contention when the payment's claims changed since the decision.
 */
export function converge(draft: WalletDraft, command: ConvergeCommand, at: Instant): Step {
  const payment = draft.records.payments.get(command.cause);
  if (payment === undefined || payment.revision + 1 !== command.claims.revision)
    return { refusal: refuse("contention") };
  const wallets = [draft, ...draft.others.values()];
  const starts = new Map(wallets.map(({ wallet, entries }) => [wallet.id, entries.length]));
  const booking: Booking = { command, payment, at, starts };
  const moved = bringBack(freezeAll(takeBack(draft, booking), booking), booking);
  const settled = moved.entries.length > draft.entries.length ? moved : bookNothing(moved, booking);
  const after: PaymentFact = { ...payment, ...command.claims };
  return {
    draft: {
      ...settled,
      records: { ...settled.records, payments: new Map([...settled.records.payments, [payment.cause, after]]) },
      changedPayments: [...settled.changedPayments.filter(({ cause }) => cause !== payment.cause), after],
    },
  };
}

/** The wallet that was paid for keeps an entry of every decision, also when only others were changed. */
function bookNothing(draft: WalletDraft, booking: Booking): WalletDraft {
  const { payment, command, at } = booking;
  const { unitsTaken, revision } = command.claims;
  const nothing = { account: "available", amount: 0 } as const;
  return book(draft, {
    ...contentOf(draft, booking),
    kind: unitsTaken > payment.unitsTaken ? "clawback" : "reinstate",
    postings: [nothing, { account: "takenBack", amount: 0 }],
    receipt: [],
    answer: { amount: 0, owed: 0, revision, since: at },
  });
}

/** The other wallets that hold or held parts of the payment. */
function holdersOf({ others }: WalletDraft, { payment }: Booking): readonly WalletDraft[] {
  const isPart = ({ rootCause }: { readonly rootCause: string }): boolean => rootCause === payment.cause;
  return [...others.values()].filter(
    ({ open, records }) => open.some(isPart) || [...records.lots.values()].some(isPart),
  );
}

/**
 * Takes units from the lots of the cause, then from the parts of them that were transferred, then from later bought lots where
 * the policy says so; what is missing is debt of the wallet that was paid for.
 */
function takeBack(draft: WalletDraft, booking: Booking): WalletDraft {
  const { payment, command } = booking;
  if (command.claims.unitsTaken <= payment.unitsTaken) return draft;
  const amount = minus(command.claims.unitsTaken, payment.unitsTaken);
  const own = takeUpTo(inBurnOrder(lotsOf(draft, booking)), amount);
  let missing = minus(amount, unitsOf(own));
  let current = draft;
  for (const holder of holdersOf(draft, booking)) {
    const parts = takeUpTo(inBurnOrder(lotsOf(holder, booking)), missing);
    if (parts.length === 0) continue;
    missing = minus(missing, unitsOf(parts));
    current = putOther(current, clawBack(holder, { receipt: parts, owed: toAmount(0) }, booking));
  }
  const later = takeUpTo(laterLots(current, booking), missing);
  const receipt = [...own, ...later];
  const owed = minus(missing, unitsOf(later));
  return receipt.length === 0 && owed === 0 ? current : clawBack(current, { receipt, owed }, booking);
}

/** Books a clawback in one wallet. */
function clawBack(
  draft: WalletDraft,
  { receipt, owed }: { readonly receipt: readonly ReceiptLine[]; readonly owed: Amount },
  booking: Booking,
): WalletDraft {
  const amount = toAmount(unitsOf(receipt) + owed);
  const claim = claimFor(draft, booking);
  const { revision } = booking.command.claims;
  const booked = book(draft, {
    ...contentOf(draft, booking),
    kind: "clawback",
    postings: [
      ...lotPostings(draft, receipt, -1),
      ...(owed === 0 ? [] : [{ account: "debt", amount: -owed } as const]),
      { account: "takenBack", amount },
    ],
    receipt,
    answer: { amount, owed, revision, since: claim.frozenAt ?? booking.at },
  });
  return putClaim(takeFromLots(booked, receipt), { ...claim, owed: toAmount(claim.owed + owed) });
}

function laterLots(draft: WalletDraft, { payment, at }: Booking): readonly OpenLot[] {
  if (!draft.wallet.policy.clawbackFromLaterLots) return [];
  const isLater = (lot: OpenLot): boolean => lot.rootCause !== payment.cause && lot.grantedAt >= payment.paidAt;
  return draft.open.filter((lot) => isPaid(lot) && isFree(lot, at) && isLater(lot)).slice(0, MAX_LATER_LOTS);
}

function takeUpTo(lots: readonly OpenLot[], amount: Amount): readonly ReceiptLine[] {
  return takeInOrder(lots, toAmount(Math.min(amount, unitsLeft(lots))));
}

/** Freezes or thaws in every wallet that holds parts. A card whose payments are contested is not charged by itself. */
function freezeAll(draft: WalletDraft, booking: Booking): WalletDraft {
  const frozen = setFrozen(draft, booking);
  const isNew = frozen !== draft && booking.command.claims.frozenBy.length > 0;
  return holdersOf(frozen, booking).reduce(
    (current, holder) => putOther(current, setFrozen(holder, booking)),
    isNew ? switchOffTopUp(frozen) : frozen,
  );
}

function switchOffTopUp(draft: WalletDraft): WalletDraft {
  const { topUp } = draft.wallet;
  return topUp === null ? draft : { ...draft, wallet: { ...draft.wallet, topUp: { ...topUp, enabled: false } } };
}

/** Gives back what earlier clawbacks of the cause took, the last of them first; what was forgiven of their debt stays gone. */
function bringBack(draft: WalletDraft, booking: Booking): WalletDraft {
  const { payment, command } = booking;
  let missing = payment.unitsTaken - command.claims.unitsTaken;
  let current = draft;
  for (const { entry } of clawbacksOf(draft, booking)) {
    const wallet = draftOf(current, entry.walletId);
    const original = wallet.records.originals.get(entry.id);
    if (missing <= 0 || original === undefined) break;
    const { after, given } = undo(wallet, { original, missing }, booking);
    current = after.wallet.id === current.wallet.id ? after : putOther(current, after);
    missing -= given;
  }
  return current;
}

/** The clawbacks of a cause in all wallets, newest first; of one turn that of the paid wallet first, which holds the debt. */
function clawbacksOf(draft: WalletDraft, booking: Booking): readonly Original[] {
  const all = [draft, ...holdersOf(draft, booking)].flatMap(({ records }) => [...records.originals.values()]);
  const isOther = ({ entry }: Original): number => (entry.walletId === draft.wallet.id ? 0 : 1);
  const turnOf = ({ entry }: Original): number => Number(entry.answer["revision"]);
  return all
    .filter(({ entry }) => entry.kind === "clawback" && entry.cause.id === booking.payment.cause)
    .sort(
      (left, right) =>
        turnOf(right) - turnOf(left) || isOther(left) - isOther(right) || right.entry.seq - left.entry.seq,
    );
}

/** Gives back what is left of one clawback, at most what is missing. */
function undo(
  draft: WalletDraft,
  { original, missing }: { readonly original: Original; readonly missing: number },
  booking: Booking,
): { readonly after: WalletDraft; readonly given: number } {
  const { entry } = original;
  const forgiven = forgivenOf(draft, original);
  const amount = toAmount(Math.min(missing, leftToGive(original, forgiven)));
  const gone = Math.min(missing - amount, forgiven - original.absorbed);
  if (amount + gone === 0) return { after: draft, given: 0 };
  const giving = {
    ...contentOf(draft, booking),
    kind: "reinstate",
    cause: { kind: "clawback", id: entry.id },
    answer: { forgiven: gone },
    from: "takenBack",
    since: Number(entry.answer["since"]),
    at: booking.at,
  } as const;
  return { after: giveBack(draft, original, { amount, forgiven }, giving), given: amount + gone };
}

function draftOf(draft: WalletDraft, walletId: string): WalletDraft {
  return draft.others.get(walletId) ?? draft;
}

function putOther(draft: WalletDraft, other: WalletDraft): WalletDraft {
  return { ...draft, others: new Map([...draft.others, [other.wallet.id, other]]) };
}
