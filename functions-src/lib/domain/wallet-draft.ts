import { type Amount, minus, toAmount } from "./amount";
import { inBurnOrder } from "./burn-key";
import type { Act } from "./audit";
import type { Note } from "./commands";
import type { OverdraftFate } from "./debt";
import { type Actor, type Entry, type EntryDraft, type Posting, applyPostings, entryIdOf } from "./entry";
import type { Hold } from "./hold";
import type { Instant } from "./instant";
import { type LotFact, type OpenLot, type ReceiptLine, balanceHolding } from "./lot";
import type { OutboxMessage } from "./outbox-message";
import type { PaymentFact } from "./payment";
import type { UsageCounter } from "./usage";
import { type Wallet, type WalletRef, balanceOf, claimOf } from "./wallet";

/** A note together with the entry it belongs to. */
export interface EntryNote extends Note {
  readonly entryId: string;
}

/** A spend, capture or clawback whose units come back, and what came back of it before. */
export interface Original {
  readonly entry: Entry;
  readonly given: readonly ReceiptLine[];
  readonly givenDebt: number;
  /** What became of its overdraft. */
  readonly fate: OverdraftFate;
  /** What of the forgiven overdraft earlier reinstatements counted as given. */
  readonly absorbed: number;
}

/** Units that left for another wallet, with the terms of their lots. */
export interface Departure {
  readonly to: WalletRef;
  readonly fromEntryId: string;
  readonly units: readonly { readonly lot: OpenLot; readonly amount: Amount }[];
  readonly actor: Actor;
}

/** Records beside the wallet that the commands of a batch name; those that do not exist are missing. */
export interface NamedRecords {
  readonly holds: ReadonlyMap<string, Hold>;
  readonly originals: ReadonlyMap<string, Original>;
  /** The counters that metered spends name. */
  readonly counters: ReadonlyMap<string, UsageCounter>;
  /** Facts of the lots that holds, originals and voids name. */
  readonly lots: ReadonlyMap<string, LotFact>;
  /** The payments whose claims change, by cause. */
  readonly payments: ReadonlyMap<string, PaymentFact>;
}

export const NO_RECORDS: NamedRecords = {
  holds: new Map(),
  originals: new Map(),
  counters: new Map(),
  lots: new Map(),
  payments: new Map(),
};

/**
 * A wallet in the middle of a plan: every step takes one and returns the next.
 * Holds: `open` are the known open lots (embedded and loaded) in burn order; nothing here was written yet.
 */
export interface WalletDraft {
  readonly wallet: Wallet;
  readonly open: readonly OpenLot[];
  readonly records: NamedRecords;
  readonly entries: readonly EntryDraft[];
  readonly made: readonly LotFact[];
  readonly changedHolds: readonly Hold[];
  readonly changedCounters: readonly UsageCounter[];
  /** Payments that this plan records, and those whose claims it changes. */
  readonly payments: readonly PaymentFact[];
  readonly changedPayments: readonly PaymentFact[];
  readonly notes: readonly EntryNote[];
  readonly messages: readonly OutboxMessage[];
  readonly departures: readonly Departure[];
  readonly acts: readonly Act[];
  /** The other wallets that the plan may change, settled, by id: those that units go to, or that hold parts of a payment. */
  readonly others: ReadonlyMap<string, WalletDraft>;
}

/** What an entry says beyond what the draft already knows. */
export type EntryContent = Pick<
  EntryDraft,
  "kind" | "scope" | "key" | "fingerprint" | "at" | "recordedAt" | "actor" | "cause" | "postings" | "receipt" | "answer"
> & { readonly note: Note | null; readonly leg?: number };

/** Opens a draft over the wallet as read, the waiting lots that were loaded with it, and the records that were named. */
export function openDraft(wallet: Wallet, waiting: readonly OpenLot[], records: NamedRecords): WalletDraft {
  return {
    wallet,
    open: waiting.length === 0 ? wallet.lots : inBurnOrder([...wallet.lots, ...waiting]),
    records,
    entries: [],
    made: [],
    changedHolds: [],
    changedCounters: [],
    payments: [],
    changedPayments: [],
    notes: [],
    messages: [],
    departures: [],
    acts: [],
    others: new Map(),
  };
}

/** Appends an entry and moves the balances by its postings. Its time never lies before the wallet's last time. */
export function book(draft: WalletDraft, content: EntryContent): WalletDraft {
  const { note, leg = 0, ...rest } = content;
  const { wallet } = draft;
  const seq = wallet.seq + 1;
  const at = Math.max(content.at, wallet.at);
  const entry: EntryDraft = {
    ...rest,
    id: entryIdOf(wallet.id, seq),
    accountId: wallet.accountId,
    walletId: wallet.id,
    seq,
    leg,
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
export function takeFromLots(draft: WalletDraft, receipt: readonly ReceiptLine[]): WalletDraft {
  const taken = new Map(receipt.map((line) => [line.lotId, line.amount]));
  const open = draft.open
    .map((lot) => {
      const amount = taken.get(lot.id);
      return amount === undefined ? lot : { ...lot, remaining: minus(lot.remaining, amount) };
    })
    .filter((lot) => lot.remaining > 0);
  return { ...draft, open };
}

/**
 * Puts units back into their own lots; a lot that had no units left is open again, even when its life is over: whoever
 * gives back settles afterwards, which books its end.
 * Throws: an Error when a lot is neither open nor among the facts that were loaded.
 */
export function returnToLots(draft: WalletDraft, receipt: readonly ReceiptLine[]): WalletDraft {
  const open = new Map(draft.open.map((lot) => [lot.id, lot]));
  for (const line of receipt) {
    const lot = open.get(line.lotId) ?? emptyLot(draft, line.lotId);
    open.set(line.lotId, { ...lot, remaining: toAmount(lot.remaining + line.amount) });
  }
  return { ...draft, open: inBurnOrder([...open.values()]) };
}

function emptyLot({ records, wallet }: WalletDraft, lotId: string): OpenLot {
  const fact = records.lots.get(lotId);
  if (fact === undefined) throw new Error(`Lot ${lotId} is not open and its facts were not loaded`);
  const { accountId: _a, walletId: _w, causeKey: _c, part: _p, parentLotId: _l, ...terms } = fact;
  const frozenBy = claimOf(wallet, fact.rootCause)?.frozenBy ?? [];
  return { ...terms, remaining: toAmount(0), pending: false, frozenBy };
}

/** The postings that move the units of a receipt into their lots, or out of them: each counts in the balance of its lot. */
export function lotPostings(draft: WalletDraft, receipt: readonly ReceiptLine[], sign: 1 | -1): readonly Posting[] {
  const open = new Map(draft.open.map((lot) => [lot.id, lot]));
  const sums = new Map<Posting["account"], number>();
  for (const line of receipt) {
    const account = balanceHolding(open.get(line.lotId) ?? emptyLot(draft, line.lotId));
    sums.set(account, (sums.get(account) ?? 0) + sign * line.amount);
  }
  return [...sums].map(([account, amount]) => ({ account, amount }));
}

/** Adds a new lot with the record of its grant. */
export function addLot(draft: WalletDraft, lot: OpenLot, fact: Omit<LotFact, keyof OpenLot>): WalletDraft {
  const { remaining: _remaining, pending: _pending, frozenBy: _frozenBy, ...terms } = lot;
  return { ...draft, open: inBurnOrder([...draft.open, lot]), made: [...draft.made, { ...terms, ...fact }] };
}

/** Records the state of a hold. */
export function putHold(draft: WalletDraft, hold: Hold): WalletDraft {
  return {
    ...draft,
    records: { ...draft.records, holds: new Map([...draft.records.holds, [hold.id, hold]]) },
    changedHolds: [...draft.changedHolds.filter((other) => other.id !== hold.id), hold],
    wallet: { ...draft.wallet, nextHoldAt: nextHoldAt(draft.wallet, hold) },
  };
}

/** Records the count of a metered use. */
export function putCounter(draft: WalletDraft, counter: UsageCounter): WalletDraft {
  return {
    ...draft,
    records: { ...draft.records, counters: new Map([...draft.records.counters, [counter.id, counter]]) },
    changedCounters: [...draft.changedCounters.filter((other) => other.id !== counter.id), counter],
  };
}

/** A lower bound of the next deadline: an ended hold leaves it, and the next settling finds out. */
function nextHoldAt(wallet: Wallet, hold: Hold): Instant | null {
  if (hold.state !== "open") return wallet.nextHoldAt;
  return wallet.nextHoldAt === null ? hold.expiresAt : Math.min(wallet.nextHoldAt, hold.expiresAt);
}
