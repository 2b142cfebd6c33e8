import { type AllocationClock, allocate, clockDueAt } from "./allocation";
import { repayClaims, repayDebt } from "./debt";
import { type EntryKind, type Posting, seqText } from "./entry";
import type { Hold } from "./hold";
import type { Instant } from "./instant";
import { type OpenLot, balanceHolding, isPaid, nextDueAt } from "./lot";
import { type WalletDraft, book, lotPostings, putHold, returnToLots, takeFromLots } from "./wallet-draft";

/** Something that is due: a lot to activate or to end, a hold whose lease is over, or an allocation to make. */
type Due =
  | { readonly at: Instant; readonly lot: OpenLot }
  | { readonly at: Instant; readonly hold: Hold }
  | { readonly at: Instant; readonly clock: AllocationClock };

/** A slot is at least 28 days long. */
const SHORTEST_SLOT_MS = 28 * 86_400_000;

/**
 * Books what is due on the known lots, holds and clocks up to an instant, in order of due time: lots that become effective,
 * lots that end, holds whose lease is over, allocations of slots that began. Each gets an entry of its own with actor `system`; running it again books nothing more.
 * Holds: afterwards nothing known has anything due at or before `at`.
 */
export function settle(draft: WalletDraft, at: Instant): WalletDraft {
  let current = draft;
  // A lot has at most two things to book, a hold one, which may open lots that end at once, and a slot three; so it ends.
  const slots = draft.wallet.clocks.reduce(
    (sum, clock) => sum + Math.max(0, Math.ceil((at - clock.nextAt) / SHORTEST_SLOT_MS) + 1),
    0,
  );
  const bound = 2 * draft.open.length + 4 * draft.records.holds.size + 2 * draft.records.lots.size + 3 * slots + 2;
  for (let turns = 0; turns < bound; turns += 1) {
    const due = firstDue(current, at);
    if (due === undefined) return current;
    if ("hold" in due) current = endHold(current, due.hold, at);
    else if ("clock" in due) current = allocate(current, due.clock, at);
    else current = due.lot.pending ? activate(current, due.lot, at) : expire(current, due.lot, at);
  }
  return current;
}

/**
 * The earliest thing that is due. At one instant: holds by id, which give their units back before lots end, so that units of
 * an ending lot end with it; then lots in burn order; then clocks by subscription, so that what ends is booked before what
 * begins.
 */
function firstDue(draft: WalletDraft, at: Instant): Due | undefined {
  const holds = [...draft.records.holds.values()]
    .filter((hold) => hold.state === "open" && hold.expiresAt <= at)
    .sort((left, right) => (left.id < right.id ? -1 : 1))
    .map((hold): Due => ({ at: hold.expiresAt, hold }));
  const lots = draft.open.flatMap((lot): readonly Due[] => {
    const dueAt = nextDueAt(lot);
    return dueAt !== null && dueAt <= at ? [{ at: dueAt, lot }] : [];
  });
  const clocks = [...draft.wallet.clocks]
    .sort((left, right) => (left.subscriptionId < right.subscriptionId ? -1 : 1))
    .flatMap((clock): readonly Due[] => {
      const dueAt = clockDueAt(clock);
      return dueAt !== null && dueAt <= at ? [{ at: dueAt, clock }] : [];
    });
  return [...holds, ...lots, ...clocks].reduce<Due | undefined>(
    (first, next) => (first === undefined || next.at < first.at ? next : first),
    undefined,
  );
}

function activate(draft: WalletDraft, lot: OpenLot, recordedAt: Instant): WalletDraft {
  const active = { ...lot, pending: false };
  const booked = bookDue(draft, lot, "activate", lot.effectiveAt, recordedAt, [
    { account: "pending", amount: -lot.remaining },
    { account: balanceHolding(active), amount: lot.remaining },
  ]);
  const begun = { ...booked, open: booked.open.map((other) => (other.id === lot.id ? active : other)) };
  return isPaid(lot) && lot.frozenBy.length === 0 ? repayDebt(begun, [active]) : begun;
}

function expire(draft: WalletDraft, lot: OpenLot, recordedAt: Instant): WalletDraft {
  const booked = bookDue(draft, lot, "expire", lot.expiresAt ?? recordedAt, recordedAt, [
    { account: "available", amount: -lot.remaining },
    { account: "expired", amount: lot.remaining },
  ]);
  return takeFromLots(booked, [{ lotId: lot.id, class: lot.class, amount: lot.remaining }]);
}

function bookDue(
  draft: WalletDraft,
  lot: OpenLot,
  kind: EntryKind,
  dueAt: Instant,
  recordedAt: Instant,
  postings: readonly Posting[],
): WalletDraft {
  // A lot may end a second time when units come back to it, so the entry's own number is part of its key.
  const key = `${kind}:${lot.id}:${seqText(draft.wallet.seq + 1)}`;
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

function endHold(draft: WalletDraft, hold: Hold, recordedAt: Instant): WalletDraft {
  const key = `release:${hold.id}`;
  const booked = book(draft, {
    kind: "release",
    scope: "system",
    key,
    fingerprint: key,
    at: hold.expiresAt,
    recordedAt,
    actor: { kind: "system", id: "settle" },
    cause: { kind: "hold", id: hold.id },
    postings: [{ account: "held", amount: -hold.amount }, ...lotPostings(draft, hold.receipt, 1)],
    receipt: [...hold.receipt].reverse(),
    answer: {},
    note: null,
  });
  const ended = putHold(returnToLots(booked, hold.receipt), { ...hold, state: "expired", released: hold.amount });
  return repayClaims(ended, hold.receipt);
}
