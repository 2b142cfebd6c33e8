import { type Entry, type EntryKind, availableChange } from "../domain/entry";
import type { ReceiptLine } from "../domain/lot";
import { type Balance, walletIdOf } from "../domain/wallet";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";

/** Which part of a history is asked for: entries before a sequence number, newest first. */
export interface HistoryInput {
  readonly unit: string;
  readonly limit: number;
  readonly before: number | null;
  readonly kinds: readonly EntryKind[] | null;
}

/** What `wallet/history` answers; `next` is the `before` of the next page, null at the end. */
export interface HistoryAnswer {
  readonly ok: true;
  readonly entries: readonly {
    readonly entryId: string;
    readonly seq: number;
    readonly kind: EntryKind;
    readonly amount: number;
    readonly balanceAfter: Balance;
    readonly cause: Entry["cause"];
    readonly at: Date;
    readonly receipt: readonly ReceiptLine[];
  }[];
  readonly next: number | null;
}

/** Reads a page of the ledger of a wallet. Pages are stable: new entries never move older ones. */
export async function readHistory(deps: Deps, call: MemberCall<HistoryInput>): Promise<HistoryAnswer> {
  const { accountId, input } = call;
  const entries = await deps.wallets.listNewest({
    wallet: { id: walletIdOf({ accountId, unit: input.unit }), accountId },
    beforeSeq: input.before,
    kinds: input.kinds,
    limit: input.limit + 1,
  });
  const page = entries.slice(0, input.limit);
  return {
    ok: true,
    entries: page.map((entry) => ({
      entryId: entry.id,
      seq: entry.seq,
      kind: entry.kind,
      amount: availableChange(entry),
      balanceAfter: entry.balanceAfter,
      cause: entry.cause,
      at: new Date(entry.at),
      receipt: entry.receipt,
    })),
    next: entries.length > page.length ? (page[page.length - 1]?.seq ?? null) : null,
  };
}
