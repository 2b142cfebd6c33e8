import type { EntryKind, Posting } from "./entry";
import type { Instant } from "./instant";
import { type OpenLot, nextDueAt } from "./lot";
import { type WalletDraft, book, takeFromLots } from "./wallet-draft";
import { burnKey } from "./burn-key";

/**
 * Books what is due on the known lots up to an instant, in order of due time: lots that become effective and lots that end.
 * Each gets an entry of its own with actor `system`; running it again books nothing more.
 * Holds: afterwards no known lot has anything due at or before `at`.
 */
export function settle(draft: WalletDraft, at: Instant): WalletDraft {
  let current = draft;
  // A lot has at most two things to book (its start and its end), so the loop ends.
  for (let turns = 2 * draft.open.length; turns > 0; turns -= 1) {
    const due = firstDue(current.open, at);
    if (due === undefined) return current;
    current = due.pending ? activate(current, due, at) : expire(current, due, at);
  }
  return current;
}

function firstDue(open: readonly OpenLot[], at: Instant): OpenLot | undefined {
  return open
    .map((lot) => ({ lot, dueAt: nextDueAt(lot) }))
    .filter((row): row is { lot: OpenLot; dueAt: Instant } => row.dueAt !== null && row.dueAt <= at)
    .sort((left, right) => left.dueAt - right.dueAt || (burnKey(left.lot) < burnKey(right.lot) ? -1 : 1))
    .map(({ lot }) => lot)[0];
}

function activate(draft: WalletDraft, lot: OpenLot, recordedAt: Instant): WalletDraft {
  const booked = bookDue(draft, lot, "activate", lot.effectiveAt, recordedAt, [
    { account: "pending", amount: -lot.remaining },
    { account: "available", amount: lot.remaining },
  ]);
  return { ...booked, open: booked.open.map((other) => (other.id === lot.id ? { ...lot, pending: false } : other)) };
}

function expire(draft: WalletDraft, lot: OpenLot, recordedAt: Instant): WalletDraft {
  const booked = bookDue(draft, lot, "expire", lot.expiresAt ?? recordedAt, recordedAt, [
    { account: "available", amount: -lot.remaining },
    { account: "expired", amount: lot.remaining },
  ]);
  return { ...booked, open: takeFromLots(booked.open, [{ lotId: lot.id, class: lot.class, amount: lot.remaining }]) };
}

function bookDue(
  draft: WalletDraft,
  lot: OpenLot,
  kind: EntryKind,
  dueAt: Instant,
  recordedAt: Instant,
  postings: readonly Posting[],
): WalletDraft {
  // The cause is the key: whoever books it first, a second booking would be the same operation.
  const key = `${kind}:${lot.id}`;
  return book(draft, {
    kind,
    scope: "system",
    key,
    fingerprint: key,
    at: dueAt,
    recordedAt,
    actor: { kind: "system", id: "settle" },
    cause: { kind: "lot", id: lot.id },
    postings,
    receipt: [{ lotId: lot.id, class: lot.class, amount: lot.remaining }],
    answer: {},
    note: null,
  });
}
