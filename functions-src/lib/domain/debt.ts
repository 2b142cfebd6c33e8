import { type Amount, ZERO, minus, toAmount } from "./amount";
import { inBurnOrder } from "./burn-key";
import { type EntryDraft, changeOf } from "./entry";
import { type OpenLot, type ReceiptLine, unitsLeft } from "./lot";
import { firstUnits, takeInOrder, unitsOf } from "./receipt";
import type { Claim } from "./wallet";
import { type WalletDraft, book, lotPostings, takeFromLots } from "./wallet-draft";

/**
 * Lets lots that the last entry brought and somebody paid for pay what the wallet owes, as that entry's next leg; what would
 * be lost first pays first. Does nothing where nothing is owed or the policy makes debt an invoice line.
 */
export function repayDebt(draft: WalletDraft, paid: readonly OpenLot[]): WalletDraft {
  const { debt, policy } = draft.wallet;
  const amount = toAmount(Math.min(debt, unitsLeft(paid)));
  return policy.debt === "repay" ? repayFrom(draft, takeInOrder(inBurnOrder(paid), amount), amount) : draft;
}

/**
 * Lets units that the last entry gave back to lots of a clawed payment pay what is still owed for it: they were only out of
 * reach when it was clawed.
 */
export function repayClaims(draft: WalletDraft, back: readonly ReceiptLine[]): WalletDraft {
  return draft.wallet.claims.reduce((current, claim) => {
    const own = back.filter(({ lotId }) => draft.records.lots.get(lotId)?.rootCause === claim.cause);
    const amount = toAmount(Math.min(unitsOf(own), claim.owed, current.wallet.debt));
    const repaid = repayFrom(current, firstUnits(own, amount), amount);
    return putClaim(repaid, { ...claim, owed: minus(claim.owed, amount) });
  }, draft);
}

/** Sets the claim of a cause; one that claims nothing is gone. */
export function putClaim(draft: WalletDraft, claim: Claim): WalletDraft {
  const others = draft.wallet.claims.filter(({ cause }) => cause !== claim.cause);
  const isLive = claim.owed > 0 || claim.frozenBy.length > 0;
  return { ...draft, wallet: { ...draft.wallet, claims: isLive ? [...others, claim] : others } };
}

function repayFrom(draft: WalletDraft, receipt: readonly ReceiptLine[], amount: Amount): WalletDraft {
  const [brought] = draft.entries.slice(-1);
  if (brought === undefined || amount === 0) return draft;
  const { scope, key, fingerprint, at, recordedAt, actor, cause } = brought;
  const because = { scope, key, fingerprint, at, recordedAt, actor, cause };
  const booked = book(draft, {
    ...because,
    kind: "repay",
    leg: brought.leg + 1,
    postings: [...lotPostings(draft, receipt, -1), { account: "debt", amount }],
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
  if ((later.kind === "reverse" || later.kind === "reinstate") && later.cause.id >= fate.entryId) {
    // A reversal or reinstatement lowers the debt of its own spend first; that of a younger spend never reaches this one.
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
