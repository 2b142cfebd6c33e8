import { type Amount, ZERO, minus, toAmount } from "./amount";
import { inBurnOrder } from "./burn-key";
import { type EntryDraft, changeOf } from "./entry";
import { type OpenLot, unitsLeft } from "./lot";
import { takeInOrder } from "./receipt";
import { type WalletDraft, book, takeFromLots } from "./wallet-draft";

/**
 * Lets lots that the last entry brought and somebody paid for pay what the wallet owes, as that entry's next leg; what would
 * be lost first pays first. Does nothing where nothing is owed or the policy makes debt an invoice line.
 */
export function repayDebt(draft: WalletDraft, paid: readonly OpenLot[]): WalletDraft {
  const { debt, policy } = draft.wallet;
  const amount = toAmount(Math.min(debt, unitsLeft(paid)));
  const [brought] = draft.entries.slice(-1);
  if (brought === undefined || policy.debt !== "repay" || amount === 0) return draft;
  const receipt = takeInOrder(inBurnOrder(paid), amount);
  const { scope, key, fingerprint, at, recordedAt, actor, cause } = brought;
  const because = { scope, key, fingerprint, at, recordedAt, actor, cause };
  const booked = book(draft, {
    ...because,
    kind: "repay",
    leg: 1,
    postings: [
      { account: "available", amount: -amount },
      { account: "debt", amount },
    ],
    receipt,
    answer: {},
    note: null,
  });
  return takeFromLots(booked, receipt);
}

/** The part of an entry that was overdraft. */
export function overdraftOf(entry: Pick<EntryDraft, "postings">): Amount {
  return toAmount(Math.max(0, -changeOf(entry.postings, "debt")));
}

/**
 * What became of the overdraft of a spend. What lowers a debt meets the oldest part of it first, so the spend's own part is
 * touched once everything owed before it is gone.
 * Holds: `owed` + `forgiven` <= the overdraft; the rest was repaid or given back.
 */
export interface OverdraftFate {
  readonly entryId: string;
  /** What was owed before the spend and still is. */
  readonly older: Amount;
  /** What is still owed of the overdraft itself. */
  readonly owed: Amount;
  /** What was written off of it: nobody paid for it, so it cannot come back. */
  readonly forgiven: Amount;
}

/** The fate of the overdraft of a spend right after it. */
export function newFate(entry: Pick<EntryDraft, "id" | "postings" | "balanceAfter">): OverdraftFate {
  const owed = overdraftOf(entry);
  return { entryId: entry.id, older: minus(entry.balanceAfter.debt, owed), owed, forgiven: ZERO };
}

/** What a later entry of the same wallet makes of it. */
export function nextFate(fate: OverdraftFate, later: Pick<EntryDraft, "kind" | "cause" | "postings">): OverdraftFate {
  const lowered = Math.max(0, changeOf(later.postings, "debt"));
  if (lowered === 0) return fate;
  if (later.kind === "reverse" && later.cause.id >= fate.entryId) {
    // A reversal lowers the debt of its own spend first; that of a younger spend never reaches this one.
    const own = later.cause.id === fate.entryId ? Math.min(fate.owed, lowered) : 0;
    return { ...fate, owed: toAmount(fate.owed - own) };
  }
  const older = Math.min(fate.older, lowered);
  const own = Math.min(fate.owed, lowered - older);
  return {
    ...fate,
    older: toAmount(fate.older - older),
    owed: toAmount(fate.owed - own),
    forgiven: toAmount(fate.forgiven + (later.kind === "write_off" ? own : 0)),
  };
}
