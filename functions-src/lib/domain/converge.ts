import { type Amount, ZERO, minus, toAmount } from "./amount";
import { inBurnOrder } from "./burn-key";
import type { ConvergeCommand } from "./commands";
import { putClaim, repayClaims } from "./debt";
import { nextIdOf } from "./entry";
import { giveBack, heirOf, leftToGive } from "./give-back";
import type { Instant } from "./instant";
import { type OpenLot, type ReceiptLine, isFree, isPaid, unitsLeft } from "./lot";
import type { PaymentFact } from "./payment";
import { takeInOrder, unitsOf } from "./receipt";
import { refuse } from "./refusal";
import { forgivenOf } from "./reverse";
import type { Step } from "./step";
import { type Claim, claimOf } from "./wallet";
import { type EntryContent, type WalletDraft, addLot, book, lotPostings, takeFromLots } from "./wallet-draft";

/** How many later lots one clawback may touch, so that its receipt stays bounded. */
const MAX_LATER_LOTS = 900;

/**
 * Plans what stands against a payment: takes units back or gives them back until as many are taken as the claims say, and
 * freezes or thaws the rest of its lots. Goes on while the wallet is frozen, suspended or closed.
 * Refuses: contention when the payment's claims changed since the decision.
 */
export function converge(draft: WalletDraft, command: ConvergeCommand, at: Instant): Step {
  const payment = draft.records.payments.get(command.cause);
  if (payment === undefined || payment.revision + 1 !== command.claims.revision)
    return { refusal: refuse("contention") };
  const before = draft.entries.length;
  const booking: Booking = { command, payment, at, before };
  const taken = takeBack(draft, booking);
  const frozen = setFrozen(taken, booking);
  const settled = bringBack(frozen, booking);
  const after: PaymentFact = { ...payment, ...command.claims };
  return {
    draft: {
      ...settled,
      records: { ...settled.records, payments: new Map([...settled.records.payments, [payment.cause, after]]) },
      changedPayments: [...settled.changedPayments.filter(({ cause }) => cause !== payment.cause), after],
    },
  };
}

interface Booking {
  readonly command: ConvergeCommand;
  readonly payment: PaymentFact;
  readonly at: Instant;
  readonly before: number;
}

/** What the next entry of a converging says beside its postings: it is the next leg of the command. */
function contentOf(draft: WalletDraft, { command, payment, at, before }: Booking) {
  return {
    ...command.identity,
    leg: draft.entries.length - before,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: { kind: "payment", id: payment.cause },
    note: null,
  } satisfies Partial<EntryContent>;
}

function claimFor({ wallet }: WalletDraft, { payment }: Booking): Claim {
  return claimOf(wallet, payment.cause) ?? { cause: payment.cause, frozenBy: [], frozenAt: null, owed: ZERO };
}

function lotsOf({ open }: WalletDraft, { payment }: Booking): readonly OpenLot[] {
  return open.filter(({ rootCause }) => rootCause === payment.cause);
}

/** Takes units from the lots of the cause, then from later bought lots where the policy says so; what is missing is debt. */
function takeBack(draft: WalletDraft, booking: Booking): WalletDraft {
  const { payment, command, at } = booking;
  if (command.claims.unitsTaken <= payment.unitsTaken) return draft;
  const amount = minus(command.claims.unitsTaken, payment.unitsTaken);
  const own = takeUpTo(inBurnOrder(lotsOf(draft, booking)), amount);
  const later = takeUpTo(laterLots(draft, booking), minus(amount, unitsOf(own)));
  const receipt = [...own, ...later];
  const owed = minus(amount, unitsOf(receipt));
  const claim = claimFor(draft, booking);
  const booked = book(draft, {
    ...contentOf(draft, booking),
    kind: "clawback",
    postings: [
      ...lotPostings(draft, receipt, -1),
      ...(owed === 0 ? [] : [{ account: "debt", amount: -owed } as const]),
      { account: "takenBack", amount },
    ],
    receipt,
    answer: { amount, owed, since: claim.frozenAt ?? at },
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

/** Freezes the lots of the cause, or thaws them; the entry stands also where nothing is left to freeze. */
function setFrozen(draft: WalletDraft, booking: Booking): WalletDraft {
  const { command, at } = booking;
  const { frozenBy } = command.claims;
  const claim = claimFor(draft, booking);
  if (isSame(claim.frozenBy, frozenBy)) return draft;
  const wasFrozen = claim.frozenBy.length > 0;
  const isFrozen = frozenBy.length > 0;
  const frozenAt = isFrozen ? (claim.frozenAt ?? at) : null;
  const marked = (lot: OpenLot): OpenLot => (lot.rootCause === claim.cause ? { ...lot, frozenBy } : lot);
  const own = lotsOf(draft, booking);
  const ended = isFrozen ? [] : own.filter((lot) => !lot.pending && lot.expiresAt !== null && lot.expiresAt <= at);
  const moved = wasFrozen === isFrozen ? [] : own.filter((lot) => !lot.pending && !ended.includes(lot));
  const receipt = takeUpTo(moved, toAmount(unitsLeft(moved)));
  const units = unitsOf(receipt);
  const booked = book(draft, {
    ...contentOf(draft, booking),
    kind: isFrozen ? "freeze" : "thaw",
    postings: [
      { account: "available", amount: isFrozen ? 0 - units : units },
      { account: "frozen", amount: isFrozen ? units : 0 - units },
    ],
    receipt,
    answer: { amount: units, frozenBy: [...frozenBy] },
  });
  const renewed = ended.reduce(
    (current, lot) => renew(current, lot, { booking, frozenAt: claim.frozenAt ?? at }),
    booked,
  );
  const claimed = putClaim({ ...renewed, open: renewed.open.map(marked) }, { ...claim, frozenBy, frozenAt });
  if (isFrozen) return switchOffTopUp(claimed);
  return repayClaims(claimed, receipt);
}

/** A card whose payments are contested is not charged by itself. */
function switchOffTopUp(draft: WalletDraft): WalletDraft {
  const { topUp } = draft.wallet;
  return topUp === null ? draft : { ...draft, wallet: { ...draft.wallet, topUp: { ...topUp, enabled: false } } };
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((reason) => right.includes(reason));
}

/** A frozen lot whose end passed meanwhile goes on as a new one with the life it lost. */
function renew(
  draft: WalletDraft,
  lot: OpenLot,
  { booking, frozenAt }: { readonly booking: Booking; readonly frozenAt: Instant },
): WalletDraft {
  const { command, at } = booking;
  const gone: readonly ReceiptLine[] = [{ lotId: lot.id, class: lot.class, amount: lot.remaining }];
  const expired = book(draft, {
    ...contentOf(draft, booking),
    kind: "expire",
    postings: [...lotPostings(draft, gone, -1), { account: "expired", amount: lot.remaining }],
    receipt: gone,
    answer: { amount: lot.remaining },
  });
  const emptied = takeFromLots(expired, gone);
  const lost = (lot.expiresAt ?? at) - Math.max(frozenAt, lot.effectiveAt);
  const life = { effectiveAt: at, expiresAt: at + lost };
  const heir = heirOf(lot, { ...life, id: nextIdOf("lot", emptied.wallet), granted: lot.remaining });
  const booked = book(emptied, {
    ...contentOf(emptied, booking),
    kind: "reinstate",
    postings: [
      { account: "expired", amount: -lot.remaining },
      { account: "available", amount: lot.remaining },
    ],
    receipt: [{ lotId: heir.id, class: heir.class, amount: heir.granted }],
    answer: { amount: lot.remaining },
  });
  return addLot(booked, heir, {
    accountId: draft.wallet.accountId,
    walletId: draft.wallet.id,
    causeKey: `thaw:${command.identity.key}:${lot.id}`,
    part: "whole",
    parentLotId: lot.id,
  });
}

/** Gives back what earlier clawbacks of the cause took, the last of them first; what was forgiven of their debt stays gone. */
function bringBack(draft: WalletDraft, booking: Booking): WalletDraft {
  const { payment, command, at } = booking;
  let missing = payment.unitsTaken - command.claims.unitsTaken;
  let current = draft;
  const clawbacks = [...draft.records.originals.values()]
    .filter(({ entry }) => entry.kind === "clawback" && entry.cause.id === payment.cause)
    .sort((left, right) => right.entry.seq - left.entry.seq);
  for (const { entry } of clawbacks) {
    const original = current.records.originals.get(entry.id);
    if (missing <= 0 || original === undefined) break;
    const forgiven = forgivenOf(current, original);
    const amount = toAmount(Math.min(missing, leftToGive(original, forgiven)));
    const gone = Math.min(missing - amount, forgiven - original.absorbed);
    if (amount + gone === 0) continue;
    current = giveBack(
      current,
      original,
      { amount, forgiven },
      {
        ...contentOf(current, booking),
        kind: "reinstate",
        cause: { kind: "clawback", id: entry.id },
        answer: { forgiven: gone },
        from: "takenBack",
        since: Number(entry.answer["since"]),
        at,
      },
    );
    missing -= amount + gone;
  }
  return current;
}
