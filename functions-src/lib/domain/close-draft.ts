import { toAmount } from "./amount";
import type { Act } from "./audit";
import { burnKey } from "./burn-key";
import { dueAtOf } from "./due-at";
import type { EntryDraft } from "./entry";
import type { Hold } from "./hold";
import type { Instant } from "./instant";
import { type LotFact, type OpenLot, nextDueAt, unitsLeft } from "./lot";
import type { OutboxMessage } from "./outbox-message";
import type { PaymentFact } from "./payment";
import type { UsageCounter } from "./usage";
import { EMBEDDED_LOTS, type Wallet, earliest } from "./wallet";
import type { EntryNote, WalletDraft } from "./wallet-draft";

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
  readonly holds: readonly Hold[];
  readonly counters: readonly UsageCounter[];
  readonly payments: readonly PaymentFact[];
  readonly changedPayments: readonly PaymentFact[];
  readonly notes: readonly EntryNote[];
  readonly messages: readonly OutboxMessage[];
  readonly acts: readonly Act[];
}

/** The waiting lots that a plan was given: the first in burn order, and others that are due or named by a command. */
export interface LoadedLots {
  readonly first: readonly OpenLot[];
  readonly others: readonly OpenLot[];
  /** The next due instant among the waiting lots that were not loaded; null = none. */
  readonly nextAtOfOthers: Instant | null;
}

export const NOTHING_LOADED: LoadedLots = { first: [], others: [], nextAtOfOthers: null };

/** All loaded lots, each once. */
export function loadedLots(loaded: LoadedLots): readonly OpenLot[] {
  return [...new Map([...loaded.first, ...loaded.others].map((lot) => [lot.id, lot])).values()];
}

/** The greatest burn key that is certain to precede every waiting lot not loaded; null = every lot is known. */
export function embeddingHorizon(before: Wallet, loaded: LoadedLots): string | null {
  if (before.waiting.count === loadedLots(loaded).length) return null;
  const certain = [...before.lots, ...loaded.first].map(burnKey);
  return certain.reduce((greatest, key) => (key > greatest ? key : greatest), "");
}

/**
 * Ends a draft: decides which lots live inside the wallet and which wait outside.
 * A lot may be embedded only when no waiting lot that was not loaded could precede it in burn order.
 * Returns null when nothing was booked, no hold changed and nothing has to be told.
 */
export function closeDraft(draft: WalletDraft, before: Wallet, loaded: LoadedLots): WalletChanges | null {
  const { entries, changedHolds, messages } = draft;
  if (entries.length === 0 && changedHolds.length === 0 && messages.length === 0) return null;
  const known = new Map(loadedLots(loaded).map((lot) => [lot.id, lot]));
  const unloadedCount = before.waiting.count - known.size;
  const horizon = embeddingHorizon(before, loaded);
  const embedded = draft.open.filter((lot) => horizon === null || burnKey(lot) <= horizon).slice(0, EMBEDDED_LOTS);
  const inside = new Set(embedded.map((lot) => lot.id));
  const outside = draft.open.filter((lot) => !inside.has(lot.id));
  const stillOpen = new Set(draft.open.map((lot) => lot.id));
  const ended = [...known.values()].filter((lot) => !stillOpen.has(lot.id));
  const nextAtOfUnloaded = known.size === 0 ? before.waiting.nextAt : loaded.nextAtOfOthers;
  const waiting = {
    count: unloadedCount + outside.length,
    remaining: toAmount(before.waiting.remaining - unitsLeft([...known.values()]) + unitsLeft(outside)),
    nextAt: earliest([...outside.map(nextDueAt), unloadedCount > 0 ? nextAtOfUnloaded : null]),
  };
  const wallet = { ...draft.wallet, claims: liveClaims(draft.wallet), lots: embedded, waiting };
  return {
    expectedSeq: before.seq,
    wallet: { ...wallet, dueAt: dueAtOf(wallet) },
    entries: draft.entries,
    lots: draft.made,
    lotStates: [
      ...outside.filter((lot) => isChanged(lot, known.get(lot.id))).map((lot) => stateChange(lot, "waiting")),
      ...embedded.filter((lot) => known.has(lot.id)).map((lot) => stateChange(lot, "embedded")),
      ...ended.map((lot) => stateChange({ ...lot, remaining: toAmount(0) }, "ended")),
    ],
    holds: draft.changedHolds,
    counters: draft.changedCounters,
    payments: draft.payments,
    changedPayments: draft.changedPayments,
    notes: draft.notes,
    messages: draft.messages,
    acts: draft.acts,
  };
}

/** Nothing is owed beyond the debt; a claim of nothing is over. */
function liveClaims({ claims, debt }: Wallet): Wallet["claims"] {
  return claims
    .map((claim) => ({ ...claim, owed: toAmount(Math.min(claim.owed, debt)) }))
    .filter(({ owed, frozenBy }) => owed > 0 || frozenBy.length > 0);
}

/** Tells whether a waiting lot has to be written: most of those that were loaded were only looked at. */
function isChanged(lot: OpenLot, loaded: OpenLot | undefined): boolean {
  return loaded === undefined || loaded.remaining !== lot.remaining || loaded.pending !== lot.pending;
}

function stateChange(lot: OpenLot, state: LotStateChange["state"]): LotStateChange {
  return { lot, state, nextAt: state === "waiting" ? nextDueAt(lot) : null };
}
