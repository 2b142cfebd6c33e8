import type { Amount } from "./amount";
import { type Entry, applyPostings, isBalanced, lotsChange } from "./entry";
import { unitsLeft } from "./lot";
import { type Balance, GENESIS_HASH, type Wallet, balanceOf } from "./wallet";

/** Something in a ledger or a wallet that does not follow from the entries before it. */
export interface LedgerProblem {
  readonly walletId: string;
  readonly seq: number;
  readonly field: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** The fold of a ledger so far. Holds: `lots` has the units left of every lot that was granted. */
export interface LedgerFold {
  readonly walletId: string;
  readonly seq: number;
  readonly head: string;
  readonly balance: Balance;
  readonly lots: Map<string, number>;
}

/** The fold before the first entry. */
export function startFold(wallet: Wallet): LedgerFold {
  const none = { available: 0, pending: 0, frozen: 0, held: 0, debt: 0 } as Record<keyof Balance, Amount>;
  return { walletId: wallet.id, seq: 0, head: GENESIS_HASH, balance: none, lots: new Map() };
}

/**
 * Adds one entry to a fold and names everything in it that is wrong: sequence, chain, hash, postings, balance after, lots.
 * The fold goes on with the values that were found, so one tampered entry is named once and not at every later one.
 */
export function foldEntry(
  fold: LedgerFold,
  entry: Entry,
  hashOf: (entry: Entry) => string,
): { readonly fold: LedgerFold; readonly problems: readonly LedgerProblem[] } {
  const problems: LedgerProblem[] = [];
  const check = (field: string, expected: unknown, found: unknown): void => {
    if (expected !== found) problems.push({ walletId: fold.walletId, seq: entry.seq, field, expected, found });
  };
  check("seq", fold.seq + 1, entry.seq);
  check("prevHash", fold.head, entry.prevHash);
  check("hash", hashOf(entry), entry.hash);
  check("postings", true, isBalanced(entry.postings));
  const expected = expectedBalance(fold.balance, entry);
  for (const account of ["available", "pending", "frozen", "held", "debt"] as const) {
    check(`balanceAfter.${account}`, expected?.[account], entry.balanceAfter[account]);
  }
  // The receipt says which lots; the postings say how many units went in or out of them.
  const change = lotsChange(entry.postings);
  const sign = Math.sign(change);
  if (sign !== 0)
    check(
      "receipt",
      Math.abs(change),
      entry.receipt.reduce((sum, line) => sum + line.amount, 0),
    );
  for (const line of entry.receipt) {
    const left = (fold.lots.get(line.lotId) ?? 0) + sign * line.amount;
    if (left < 0) check(`lots.${line.lotId}`, ">= 0", left);
    fold.lots.set(line.lotId, left);
  }
  return {
    fold: { ...fold, seq: entry.seq, head: entry.hash, balance: entry.balanceAfter },
    problems,
  };
}

function expectedBalance(before: Balance, entry: Entry): Balance | null {
  try {
    return applyPostings(before, entry.postings);
  } catch {
    // The postings themselves are wrong, which the checks of the entry name; no balance follows from them.
    return null;
  }
}

/** Compares the end of a fold with the wallet and the open lots as stored. */
export function compareFold(
  fold: LedgerFold,
  wallet: Wallet,
  waiting: readonly { readonly id: string; readonly remaining: number }[],
): readonly LedgerProblem[] {
  const problems: LedgerProblem[] = [];
  const check = (field: string, expected: unknown, found: unknown): void => {
    if (expected !== found) problems.push({ walletId: wallet.id, seq: fold.seq, field, expected, found });
  };
  check("seq", fold.seq, wallet.seq);
  check("head", fold.head, wallet.head);
  const balance = balanceOf(wallet);
  for (const account of ["available", "pending", "frozen", "held", "debt"] as const) {
    check(account, fold.balance[account], balance[account]);
  }
  check("waiting.count", waiting.length, wallet.waiting.count);
  check("waiting.remaining", unitsLeft(waiting), wallet.waiting.remaining);
  const open = new Map([...wallet.lots, ...waiting].map((lot) => [lot.id, lot.remaining]));
  for (const lotId of new Set([...fold.lots.keys(), ...open.keys()])) {
    check(`lots.${lotId}.remaining`, fold.lots.get(lotId) ?? 0, open.get(lotId) ?? 0);
  }
  return problems;
}
