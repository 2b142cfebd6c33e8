import { type Amount, minus, toAmount } from "./amount";
import type { Note } from "./commands";
import { type EntryDraft, applyPostings, entryIdOf } from "./entry";
import type { Instant } from "./instant";
import { type LotFact, type OpenLot, type ReceiptLine, nextDueAt } from "./lot";
import type { PaymentFact } from "./payment";
import { EMBEDDED_LOTS, type Wallet, balanceOf, earliest } from "./wallet";
import { burnKey, inBurnOrder } from "./burn-key";

/** A note together with the entry it belongs to. */
export interface EntryNote extends Note {
  readonly entryId: string;
}

/**
 * A wallet in the middle of a plan: every step takes one and returns the next.
 * Holds: `open` are the known open lots (embedded and loaded) in burn order; nothing here was written yet.
 */
export interface WalletDraft {
  readonly wallet: Wallet;
  readonly open: readonly OpenLot[];
  readonly entries: readonly EntryDraft[];
  readonly made: readonly LotFact[];
  readonly payments: readonly PaymentFact[];
  readonly notes: readonly EntryNote[];
}

/** What an entry says beyond what the draft already knows. */
export type EntryContent = Pick<
  EntryDraft,
  "kind" | "scope" | "key" | "fingerprint" | "at" | "recordedAt" | "actor" | "cause" | "postings" | "receipt" | "answer"
> & { readonly note: Note | null };

/** Opens a draft over the wallet as read and the waiting lots that were loaded with it. */
export function openDraft(wallet: Wallet, waiting: readonly OpenLot[]): WalletDraft {
  return {
    wallet,
    open: waiting.length === 0 ? wallet.lots : inBurnOrder([...wallet.lots, ...waiting]),
    entries: [],
    made: [],
    payments: [],
    notes: [],
  };
}

/** Appends an entry and moves the balances by its postings. Its time never lies before the wallet's last time. */
export function book(draft: WalletDraft, content: EntryContent): WalletDraft {
  const { note, ...rest } = content;
  const { wallet } = draft;
  const seq = wallet.seq + 1;
  const at = Math.max(content.at, wallet.at);
  const entry: EntryDraft = {
    ...rest,
    id: entryIdOf(wallet.id, seq),
    accountId: wallet.accountId,
    walletId: wallet.id,
    seq,
    leg: 0,
    at,
    balanceAfter: applyPostings(balanceOf(wallet), content.postings),
    metadataHash: note === null ? null : note.hash,
  };
  return {
    ...draft,
    wallet: { ...wallet, ...entry.balanceAfter, seq, at },
    entries: [...draft.entries, entry],
    notes: note === null ? draft.notes : [...draft.notes, { ...note, entryId: entry.id }],
  };
}

/** Takes the units of a receipt out of the known open lots; a lot without units is no longer open. */
export function takeFromLots(open: readonly OpenLot[], receipt: readonly ReceiptLine[]): readonly OpenLot[] {
  const taken = new Map(receipt.map((line) => [line.lotId, line.amount]));
  return open
    .map((lot) => ({ ...lot, remaining: minus(lot.remaining, taken.get(lot.id) ?? toAmount(0)) }))
    .filter((lot) => lot.remaining > 0);
}

/** The state of a lot outside the wallet: it waits, was moved into the wallet, or ended. */
export interface LotStateChange {
  readonly lot: OpenLot;
  readonly state: "waiting" | "embedded" | "ended";
  readonly nextAt: Instant | null;
}

/** What a plan writes, all of it in one transaction or nothing. */
export interface WalletChanges {
  /** The sequence number that was read; the write is refused when another writer was faster. */
  readonly expectedSeq: number;
  readonly wallet: Wallet;
  readonly entries: readonly EntryDraft[];
  readonly lots: readonly LotFact[];
  readonly lotStates: readonly LotStateChange[];
  readonly payments: readonly PaymentFact[];
  readonly notes: readonly EntryNote[];
}

/** The waiting lots that a plan was given: the first in burn order, and those with something due. */
export interface LoadedLots {
  readonly first: readonly OpenLot[];
  readonly due: readonly OpenLot[];
  /** The next due instant among the waiting lots that were not loaded; null = none. */
  readonly nextAtOfOthers: Instant | null;
}

export const NOTHING_LOADED: LoadedLots = { first: [], due: [], nextAtOfOthers: null };

/**
 * Ends a draft: decides which lots live inside the wallet and which wait outside.
 * A lot may be embedded only when no waiting lot that was not loaded could precede it in burn order.
 * Returns null when nothing was booked.
 */
export function closeDraft(draft: WalletDraft, before: Wallet, loaded: LoadedLots): WalletChanges | null {
  if (draft.entries.length === 0) return null;
  const known = new Map(loadedLots(loaded).map((lot) => [lot.id, lot]));
  const unloadedCount = before.waiting.count - known.size;
  const horizon = embeddingHorizon(before, loaded);
  const embedded = draft.open.filter((lot) => horizon === null || burnKey(lot) <= horizon).slice(0, EMBEDDED_LOTS);
  const inside = new Set(embedded.map((lot) => lot.id));
  const outside = draft.open.filter((lot) => !inside.has(lot.id));
  const stillOpen = new Set(draft.open.map((lot) => lot.id));
  const ended = [...known.values()].filter((lot) => !stillOpen.has(lot.id));
  const unloadedRemaining = toAmount(before.waiting.remaining - total([...known.values()]));
  const nextAtOfUnloaded = known.size === 0 ? before.waiting.nextAt : loaded.nextAtOfOthers;
  const waiting = {
    count: unloadedCount + outside.length,
    remaining: toAmount(unloadedRemaining + total(outside)),
    nextAt: earliest([...outside.map(nextDueAt), unloadedCount > 0 ? nextAtOfUnloaded : null]),
  };
  return {
    expectedSeq: before.seq,
    wallet: {
      ...draft.wallet,
      lots: embedded,
      waiting,
      dueAt: earliest([...embedded.map(nextDueAt), waiting.nextAt]),
    },
    entries: draft.entries,
    lots: draft.made,
    lotStates: [
      ...outside.filter((lot) => isChanged(lot, known.get(lot.id))).map((lot) => stateChange(lot, "waiting")),
      ...embedded.filter((lot) => known.has(lot.id)).map((lot) => stateChange(lot, "embedded")),
      ...ended.map((lot) => stateChange({ ...lot, remaining: toAmount(0) }, "ended")),
    ],
    payments: draft.payments,
    notes: draft.notes,
  };
}

function total(lots: readonly OpenLot[]): number {
  return lots.reduce<number>((sum, lot) => sum + lot.remaining, 0);
}

/** Tells whether a waiting lot has to be written: most of those that were loaded were only looked at. */
function isChanged(lot: OpenLot, loaded: OpenLot | undefined): boolean {
  return loaded === undefined || loaded.remaining !== lot.remaining || loaded.pending !== lot.pending;
}

function stateChange(lot: OpenLot, state: LotStateChange["state"]): LotStateChange {
  return { lot, state, nextAt: state === "waiting" ? nextDueAt(lot) : null };
}

/** All loaded lots, each once. */
export function loadedLots(loaded: LoadedLots): readonly OpenLot[] {
  return [...new Map([...loaded.first, ...loaded.due].map((lot) => [lot.id, lot])).values()];
}

/** The greatest burn key that is certain to precede every waiting lot not loaded; null = every lot is known. */
export function embeddingHorizon(before: Wallet, loaded: LoadedLots): string | null {
  if (before.waiting.count === loadedLots(loaded).length) return null;
  const certain = [...before.lots, ...loaded.first].map(burnKey);
  return certain.reduce((greatest, key) => (key > greatest ? key : greatest), "");
}

/** Adds an amount that a plan checked before with `canHold`. */
export function addToLots(open: readonly OpenLot[], lot: OpenLot): readonly OpenLot[] {
  return inBurnOrder([...open, lot]);
}

/** The units of lots that may pay for a request. */
export function eligibleTotal(lots: readonly OpenLot[]): Amount {
  return toAmount(total(lots));
}
