import { toAmount } from "./amount";
import { type Booking, claimFor, contentOf, lotsOf } from "./claims-booking";
import { putClaim, repayClaims } from "./debt";
import { nextIdOf } from "./entry";
import { heirOf } from "./give-back";
import type { Instant } from "./instant";
import { type OpenLot, type ReceiptLine, unitsLeft } from "./lot";
import { takeInOrder, unitsOf } from "./receipt";
import { type WalletDraft, addLot, book, lotPostings, takeFromLots } from "./wallet-draft";

/** Freezes the lots of the cause, or thaws them; the entry stands also where nothing is left to freeze. */
export function setFrozen(draft: WalletDraft, booking: Booking): WalletDraft {
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
  const receipt = takeInOrder(moved, toAmount(unitsLeft(moved)));
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
  return isFrozen ? claimed : repayClaims(claimed, receipt);
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
