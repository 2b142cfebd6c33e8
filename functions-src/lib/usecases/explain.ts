import { AppError } from "../domain/app-error";
import { type Entry, availableChange } from "../domain/entry";
import { type Instant, toIsoText } from "../domain/instant";
import type { LotFact } from "../domain/lot";
import { type Balance, type WalletRef, walletIdOf } from "../domain/wallet";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { readEntries } from "./read-entries";

/** A bridge reads at most so many entries; a longer period is asked for in parts. */
const MAX_BRIDGE_ENTRIES = 100_000;

/** What to explain: one entry, or how one balance became another. */
export type ExplainInput =
  | { readonly kind: "entry"; readonly entryId: string }
  | { readonly kind: "bridge"; readonly unit: string; readonly from: Instant; readonly to: Instant };

/** Why an entry says what it says: which lots paid and what put them first, and the balances around it. */
export interface EntryExplanation {
  readonly ok: true;
  readonly entryId: string;
  readonly kind: Entry["kind"];
  readonly at: Date;
  readonly recordedAt: Date;
  readonly cause: Entry["cause"];
  readonly amount: number;
  readonly postings: Entry["postings"];
  readonly balanceBefore: Balance | null;
  readonly balanceAfter: Balance;
  readonly lots: readonly {
    readonly lotId: string;
    readonly amount: number;
    readonly class: string;
    readonly priority: number;
    readonly scope: readonly string[] | null;
    readonly expiresAt: Date | null;
    readonly grantedBy: string;
  }[];
  readonly reversedBy: readonly string[];
}

/** How one balance became another: the sums of what happened in between, by kind. */
export interface Bridge {
  readonly ok: true;
  readonly from: { readonly at: Date; readonly available: number };
  readonly to: { readonly at: Date; readonly available: number };
  readonly changes: readonly { readonly kind: Entry["kind"]; readonly entries: number; readonly amount: number }[];
}

/**
 * Explains an entry or a bridge between two balances; reads only.
 * Throws: AppError `not_found` for an unknown entry, `invalid_input` for a period that ends before it begins or is too long.
 */
export async function explain(deps: Deps, call: MemberCall<ExplainInput>): Promise<EntryExplanation | Bridge> {
  const { accountId, input } = call;
  if (input.kind === "entry") return explainEntry(deps, accountId, input.entryId);
  return explainBridge(deps, { accountId, unit: input.unit }, input);
}

async function explainEntry(deps: Deps, accountId: string, entryId: string): Promise<EntryExplanation> {
  const [account, unit] = entryId.split(":");
  const wallet = { id: `${account}:${unit}`, accountId };
  const entry = account === accountId ? await deps.wallets.findEntry(wallet, entryId) : null;
  if (entry === null)
    throw new AppError("not_found", `entryId: expected the id of an entry of yours, got "${entryId}"`);
  const [before] = await deps.wallets.listNewest({ wallet, beforeSeq: entry.seq, kinds: null, limit: 1 });
  const facts = await deps.wallets.findLots(
    accountId,
    entry.receipt.map((line) => line.lotId),
  );
  const reversals = await deps.wallets.listReversals(wallet, entryId);
  return {
    ok: true,
    entryId,
    kind: entry.kind,
    at: new Date(entry.at),
    recordedAt: new Date(entry.recordedAt),
    cause: entry.cause,
    amount: availableChange(entry),
    postings: entry.postings,
    balanceBefore: before?.balanceAfter ?? null,
    balanceAfter: entry.balanceAfter,
    lots: entry.receipt.flatMap((line) => {
      const fact = facts.find(({ id }) => id === line.lotId);
      return fact === undefined ? [] : [shownLot(fact, line.amount)];
    }),
    reversedBy: reversals.map(({ id }) => id),
  };
}

function shownLot(fact: LotFact, amount: number): EntryExplanation["lots"][number] {
  return {
    lotId: fact.id,
    amount,
    class: fact.class,
    priority: fact.priority,
    scope: fact.scope,
    expiresAt: fact.expiresAt === null ? null : new Date(fact.expiresAt),
    grantedBy: fact.causeKey,
  };
}

async function explainBridge(
  deps: Deps,
  ref: WalletRef,
  period: { readonly from: Instant; readonly to: Instant },
): Promise<Bridge> {
  if (period.to < period.from) {
    throw new AppError(
      "invalid_input",
      `to: expected an instant from ${toIsoText(period.from)} on, got ${toIsoText(period.to)}`,
    );
  }
  const wallet = { id: walletIdOf(ref), accountId: ref.accountId };
  const opening = await deps.wallets.findLastAt(wallet, period.from);
  const closing = await deps.wallets.findLastAt(wallet, period.to);
  const firstSeq = opening?.seq ?? 0;
  const lastSeq = closing?.seq ?? 0;
  if (lastSeq - firstSeq > MAX_BRIDGE_ENTRIES) {
    throw new AppError(
      "invalid_input",
      `to: expected a period of at most ${MAX_BRIDGE_ENTRIES} entries, got ${lastSeq - firstSeq}`,
    );
  }
  const sums = new Map<Entry["kind"], { entries: number; amount: number }>();
  for await (const entry of readEntries(deps.wallets, wallet, { after: firstSeq, until: lastSeq })) {
    const sum = sums.get(entry.kind) ?? { entries: 0, amount: 0 };
    sums.set(entry.kind, { entries: sum.entries + 1, amount: sum.amount + availableChange(entry) });
  }
  return {
    ok: true,
    from: { at: new Date(period.from), available: opening?.balanceAfter.available ?? 0 },
    to: { at: new Date(period.to), available: closing?.balanceAfter.available ?? 0 },
    changes: [...sums].map(([kind, sum]) => ({ kind, ...sum })),
  };
}
