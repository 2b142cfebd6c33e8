import { toAmount } from "../../domain/amount";
import { type OverdraftFate, newFate, nextFate } from "../../domain/debt";
import type { Entry } from "../../domain/entry";
import type { Instant } from "../../domain/instant";
import { LOT_CLASSES, type ReceiptLine } from "../../domain/lot";
import { type BatchFacts, type NeededFacts, missingUnits } from "../../domain/plan-batch";
import type { PaymentFact } from "../../domain/payment";
import type { UsageCounter } from "../../domain/usage";
import type { Wallet } from "../../domain/wallet";
import type { Original } from "../../domain/wallet-draft";
import type { OperationOptions } from "../../ports/collection";
import { HOLDS_PER_PAGE, type Holds } from "./holds";
import type { Ledger } from "./ledger";
import type { LotStates } from "./lot-states";
import type { Lots } from "./lots";
import type { PaymentCollection } from "./payments";
import type { UsageCounters } from "./usage-store";

const DEBT_CHANGES_PER_PAGE = 200;

/** The collections that facts come from. */
export interface FactSources {
  readonly ledger: Ledger;
  readonly lots: Lots;
  readonly lotStates: LotStates;
  readonly holds: Holds;
  readonly counters: UsageCounters;
  readonly payments: PaymentCollection;
}

/**
 * Loads what a batch needs beside its wallet, one read after the other because they share a transaction. Lots that receipts
 * name are loaded with their waiting state too: units that go back must find what is left in their lot.
 */
export async function loadFacts(
  sources: FactSources,
  wallet: Wallet,
  needed: NeededFacts,
  scope: { readonly at: Instant; readonly options?: OperationOptions },
): Promise<BatchFacts> {
  const { at, options } = scope;
  const named = await sources.holds.findByIds(wallet, needed.holdIds, options);
  const dueHolds = needed.dueHolds
    ? await sources.holds.listOpen(wallet, { until: at, limit: HOLDS_PER_PAGE }, options)
    : [];
  const originals: Original[] = [];
  for (const entryId of new Set(needed.entryIds)) {
    const entry = await sources.ledger.findById(wallet, entryId, options);
    if (entry !== null) originals.push(await loadOriginal(sources.ledger, wallet, entry, options));
  }
  const paid = await loadPaid(sources, wallet, needed, options);
  for (const entry of paid.clawbacks) originals.push(await loadOriginal(sources.ledger, wallet, entry, options));
  const holds = [...named, ...dueHolds];
  const receipts = [...holds.map((hold) => hold.receipt), ...originals.map(({ entry }) => entry.receipt)].flat();
  const lotIds = [...new Set([...needed.lotIds, ...paid.lotIds, ...receipts.map((line) => line.lotId)])];
  const embedded = new Set(wallet.lots.map((lot) => lot.id));
  const outside = lotIds.filter((id) => !embedded.has(id));

  const lots = await sources.lotStates.load(
    wallet,
    { missing: missingUnits(wallet, needed, named, at), due: needed.due, ids: outside },
    at,
    options,
  );
  // Also of embedded lots: one may end while the batch is planned, and units may come back to it afterwards.
  const facts = await sources.lots.findByIds(wallet.accountId, lotIds, options);
  return {
    wallet,
    lots,
    records: {
      holds: new Map(holds.map((hold) => [hold.id, hold])),
      counters: await loadCounters(sources, needed, options),
      originals: new Map(originals.map((original) => [original.entry.id, original])),
      lots: new Map(facts.map((fact) => [fact.id, fact])),
      payments: paid.payments,
    },
    ...(needed.dueHolds ? { nextHoldAtOfOthers: await nextDeadline(sources, wallet, dueHolds.length, options) } : {}),
  };
}

/** The payments whose claims change, the lots that they stand behind, and what was clawed of them before. */
async function loadPaid(
  { payments, lots, ledger }: FactSources,
  wallet: Wallet,
  { causes }: NeededFacts,
  options: OperationOptions | undefined,
): Promise<{
  readonly payments: ReadonlyMap<string, PaymentFact>;
  readonly lotIds: readonly string[];
  readonly clawbacks: readonly Entry[];
}> {
  const found = new Map<string, PaymentFact>();
  const lotIds: string[] = [];
  const clawbacks: Entry[] = [];
  for (const cause of new Set(causes)) {
    // A wallet that holds transferred parts has no payment of its own.
    const payment = await payments.find(wallet.accountId, cause, options);
    if (payment !== null) found.set(cause, payment);
    const own = await lots.findByRootCause(wallet.accountId, cause, options);
    lotIds.push(...own.filter(({ walletId }) => walletId === wallet.id).map(({ id }) => id));
    if (payment === null || payment.unitsTaken > 0)
      clawbacks.push(...(await ledger.findClawbacks(wallet, cause, options)));
  }
  return { payments: found, lotIds, clawbacks };
}

async function loadCounters(
  sources: FactSources,
  needed: NeededFacts,
  options: OperationOptions | undefined,
): Promise<ReadonlyMap<string, UsageCounter>> {
  const counters = new Map<string, UsageCounter>();
  for (const counter of needed.counters) {
    if (!counters.has(counter.id)) counters.set(counter.id, await sources.counters.load(counter, options));
  }
  return counters;
}

/** The next deadline among the open holds that were not loaded. */
async function nextDeadline(
  sources: FactSources,
  wallet: Wallet,
  loadedCount: number,
  options: OperationOptions | undefined,
): Promise<Instant | null> {
  // A full page of due holds: its last tells a deadline that is due as well, which makes the caller come again.
  const position = Math.min(loadedCount, HOLDS_PER_PAGE - 1);
  const open = await sources.holds.listOpen(wallet, { until: null, limit: position + 1 }, options);
  return open[position]?.expiresAt ?? null;
}

async function loadOriginal(
  ledger: Ledger,
  wallet: Wallet,
  entry: Entry,
  options: OperationOptions | undefined,
): Promise<Original> {
  const reversals = await ledger.findReversals(wallet, entry.id, options);
  return {
    entry,
    given: reversals.flatMap((reversal) => givenLines(reversal.answer["given"])),
    givenDebt: reversals.reduce((sum, reversal) => sum + Number(reversal.answer["debt"] ?? 0), 0),
    fate: await loadFate(ledger, wallet, entry, options),
    absorbed: reversals.reduce((sum, reversal) => sum + Number(reversal.answer["forgiven"] ?? 0), 0),
  };
}

/** Follows the debt of a wallet from a spend on until nothing is owed of its overdraft any more. */
async function loadFate(
  ledger: Ledger,
  wallet: Wallet,
  entry: Entry,
  options: OperationOptions | undefined,
): Promise<OverdraftFate> {
  let fate = newFate(entry);
  let afterSeq = entry.seq;
  while (fate.owed > 0) {
    const page = await ledger.listDebtChanges({ wallet, afterSeq, limit: DEBT_CHANGES_PER_PAGE }, options);
    const last = page[page.length - 1];
    fate = page.reduce(nextFate, fate);
    if (last === undefined || page.length < DEBT_CHANGES_PER_PAGE) break;
    afterSeq = last.seq;
  }
  return fate;
}

function givenLines(given: unknown): readonly ReceiptLine[] {
  if (!Array.isArray(given)) return [];
  return given.map((line: Readonly<Record<string, unknown>>) => ({
    lotId: String(line["lotId"]),
    class: LOT_CLASSES.find((known) => known === line["class"]) ?? "promo",
    amount: toAmount(Number(line["amount"])),
  }));
}
