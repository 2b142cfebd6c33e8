import { type Amount, toAmount } from "./amount";
import { overdraftOf, putClaim, repayClaims } from "./debt";
import { nextIdOf } from "./entry";
import type { Instant } from "./instant";
import { type LotFact, type OpenLot, type ReceiptLine, promoLot } from "./lot";
import { mulDiv } from "./mul-div";
import { lastUnits, unitsOf, without } from "./receipt";
import { claimOf } from "./wallet";
import {
  type EntryContent,
  type Original,
  type WalletDraft,
  addLot,
  book,
  lotPostings,
  returnToLots,
} from "./wallet-draft";

/** How units come back: what the entry is, which account they leave, and since when their lots had been out of use. */
export interface GivingBack extends Pick<
  EntryContent,
  "kind" | "scope" | "key" | "fingerprint" | "actor" | "cause" | "note" | "leg" | "answer"
> {
  readonly from: "spent" | "takenBack";
  readonly since: Instant;
  readonly at: Instant;
}

/** Units of an original that can still come back: from its lots, and of its overdraft what was not forgiven. */
export function leftToGive({ entry, given, givenDebt }: Original, forgiven: number): Amount {
  return toAmount(unitsOf(without(entry.receipt, given)) + overdraftOf(entry) - givenDebt - forgiven);
}

/**
 * Books units of an original back: into their own lots, newest taken first; the part that was overdraft lowers the debt before
 * any lot gets units, and comes back as a promo lot where the debt was repaid meanwhile. A lot that ended meanwhile comes back
 * as a new lot with the life it had left.
 * Holds: `amount` is at most what is left to give, without what was forgiven.
 */
export function giveBack(
  draft: WalletDraft,
  original: Original,
  { amount, forgiven }: { readonly amount: Amount; readonly forgiven: number },
  giving: GivingBack,
): WalletDraft {
  const { entry, given, givenDebt } = original;
  const overdraft = overdraftOf(entry) - givenDebt - forgiven;
  const debt = toAmount(Math.min(amount, draft.wallet.debt, overdraft));
  const back = lastUnits(without(entry.receipt, given), toAmount(amount - debt));
  const homes = back.map((line, index) => homeOf(draft, { line, index, giving }));
  // What was overdraft came from no lot; where bought units repaid it meanwhile, it comes back as a lot of its own.
  const repaid = toAmount(amount - debt - unitsOf(back));
  const all = repaid === 0 ? homes : [...homes, repaidHome(draft, repaid, giving)];
  const own = homes.filter(({ lot }) => lot === null).map(({ line }) => line);
  const made = all.flatMap(({ lot }) => lot ?? []);
  const { from, since: _since, at, answer, ...content } = giving;
  const intoLots = lotPostings({ ...draft, open: [...draft.open, ...made] }, [...own, ...made.map(lineOf)], 1);
  const booked = book(draft, {
    ...content,
    at,
    recordedAt: at,
    postings: [{ account: from, amount: 0 - amount }, { account: "debt", amount: debt }, ...intoLots],
    receipt: all.map(({ line, lot }) => ({ ...line, lotId: lot?.id ?? line.lotId })),
    answer: { amount, debt: debt + repaid, given: back.map((line) => ({ ...line })), ...answer },
  });
  const returned = lowerClaim(returnToLots(booked, own), entry, debt);
  const home = all.reduce((current, place) => addHeir(current, place, giving), returned);
  return remember(repayClaims(home, own), original, back, debt + repaid);
}

/** Debt of a clawback that is given back is owed no more. */
function lowerClaim(draft: WalletDraft, { kind, cause }: Original["entry"], debt: Amount): WalletDraft {
  const claim = kind === "clawback" ? claimOf(draft.wallet, cause.id) : null;
  if (claim === null) return draft;
  return putClaim(draft, { ...claim, owed: toAmount(Math.max(0, claim.owed - debt)) });
}

const lineOf = (lot: OpenLot): ReceiptLine => ({ lotId: lot.id, class: lot.class, amount: lot.remaining });

/** Where a line goes: into its own lot (`lot` null), or into a new one because its own is over. */
interface Home {
  readonly line: ReceiptLine;
  readonly lot: OpenLot | null;
}

function homeOf(
  draft: WalletDraft,
  { line, index, giving }: { readonly line: ReceiptLine; readonly index: number; readonly giving: GivingBack },
): Home {
  const fact = draft.records.lots.get(line.lotId);
  const isOpen = draft.open.some((lot) => lot.id === line.lotId);
  if (isOpen || fact === undefined || fact.expiresAt === null || fact.expiresAt > giving.at) return { line, lot: null };
  const id = `${nextIdOf("lot", draft.wallet)}-${index}`;
  const life = { effectiveAt: giving.at, expiresAt: giving.at + fact.expiresAt - giving.since };
  const frozenBy = claimOf(draft.wallet, fact.rootCause)?.frozenBy ?? [];
  return { line, lot: { ...heirOf(fact, { ...life, id, granted: line.amount }), frozenBy } };
}

/** The lot that takes the place of one that ended: its terms and its share of the cost, with a life of its own. */
export function heirOf(
  fact: Pick<LotFact, keyof OpenLot & keyof LotFact>,
  own: Pick<OpenLot, "id" | "effectiveAt" | "expiresAt" | "granted">,
): OpenLot {
  return {
    id: own.id,
    class: fact.class,
    priority: fact.priority,
    scope: fact.scope,
    effectiveAt: own.effectiveAt,
    expiresAt: own.expiresAt,
    costMinor: mulDiv(fact.costMinor, own.granted, fact.granted, "down"),
    currency: fact.currency,
    grantedAt: fact.grantedAt,
    rootCause: fact.rootCause,
    granted: own.granted,
    remaining: own.granted,
    pending: false,
    frozenBy: [],
  };
}

/** A promo lot without end for units that were overdraft and are repaid. */
function repaidHome({ wallet }: WalletDraft, amount: Amount, { key, at }: GivingBack): Home {
  const lot = promoLot(`${nextIdOf("lot", wallet)}-repaid`, `repaid:${key}`, amount, at);
  return { line: lineOf(lot), lot };
}

function addHeir(draft: WalletDraft, { line, lot }: Home, { kind, scope, key, leg = 0 }: GivingBack): WalletDraft {
  if (lot === null) return draft;
  return addLot(draft, lot, {
    accountId: draft.wallet.accountId,
    walletId: draft.wallet.id,
    causeKey: `${kind}:${scope}:${key}:${leg}:${line.lotId}`,
    part: "whole",
    parentLotId: line.lotId === lot.id ? null : line.lotId,
  });
}

/** Keeps what was given back, for a second giving back of the same original in the same batch. */
function remember(draft: WalletDraft, original: Original, back: readonly ReceiptLine[], debt: number): WalletDraft {
  const after = { ...original, given: [...original.given, ...back], givenDebt: original.givenDebt + debt };
  const originals = new Map([...draft.records.originals, [original.entry.id, after]]);
  return { ...draft, records: { ...draft.records, originals } };
}
