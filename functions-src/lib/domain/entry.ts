import { type Amount, isAmount, toAmount } from "./amount";
import type { Instant } from "./instant";
import type { ReceiptLine } from "./lot";
import type { Balance } from "./wallet";

/** Plain JSON; the numbers in it are whole. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [field: string]: JsonValue };

/** What may happen to a wallet. A kind never changes its meaning; later versions add kinds. */
export const ENTRY_KINDS = [
  ...(["grant", "activate", "spend", "hold", "capture", "release", "expire", "void", "reverse", "repay"] as const),
  ...(["adjust", "write_off", "transfer_out", "transfer_in"] as const),
  ...(["freeze", "thaw", "clawback", "reinstate"] as const),
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** The accounts between which units move: first the balances of the wallet, then the outside world. */
export const POSTING_ACCOUNTS = [
  ...(["available", "pending", "frozen", "held", "debt"] as const),
  ...(["issued", "spent", "expired", "voided", "takenBack", "writtenOff", "transferClearing"] as const),
] as const;
export type PostingAccount = (typeof POSTING_ACCOUNTS)[number];

/** One signed amount inside an entry. Units: units of the wallet; positive adds to the account. */
export interface Posting {
  readonly account: PostingAccount;
  readonly amount: number;
}

/** Whose key an operation carries; set by the edge, never by the caller, so that nobody can use up another's keys. */
export const KEY_SCOPES = ["client", "operator", "system"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** What makes an operation the same operation: scope and key, and the fingerprint of its input. */
export interface OperationIdentity {
  readonly scope: KeyScope;
  readonly key: string;
  readonly fingerprint: string;
}

export const ACTOR_KINDS = ["user", "operator", "system"] as const;

/** Who did it. */
export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number];
  readonly id: string;
}

/** Why it happened, for example `{kind: "pack", id: "pack:cs_123"}`. */
export interface Cause {
  readonly kind: string;
  readonly id: string;
}

/**
 * One immutable ledger record, before it is chained.
 * Holds: its postings sum to zero; `balanceAfter` is `balanceAfter` of the entry before plus its postings;
 * `recordedAt` >= `at`.
 */
export interface EntryDraft extends OperationIdentity {
  readonly id: string;
  readonly accountId: string;
  readonly walletId: string;
  readonly seq: number;
  readonly kind: EntryKind;
  readonly leg: number;
  readonly at: Instant;
  readonly recordedAt: Instant;
  readonly actor: Actor;
  readonly cause: Cause;
  readonly postings: readonly Posting[];
  readonly receipt: readonly ReceiptLine[];
  readonly balanceAfter: Balance;
  /** Facts of the answer that do not follow from the rest. */
  readonly answer: JsonObject;
  readonly metadataHash: string | null;
}

/** A ledger record as stored: chained to the one before by its hash. */
export interface Entry extends EntryDraft {
  readonly prevHash: string;
  readonly hash: string;
}

/** Writes a sequence number so that text order is number order. */
export function seqText(seq: number): string {
  return String(seq).padStart(16, "0");
}

/** The id of the entry of a wallet at a sequence number. */
export function entryIdOf(walletId: string, seq: number): string {
  return `${walletId}:${seqText(seq)}`;
}

/** The id of a lot or hold that the next entry of a wallet makes. */
export function nextIdOf(kind: "lot" | "hold", wallet: { readonly id: string; readonly seq: number }): string {
  return `${wallet.id}:${kind}-${seqText(wallet.seq + 1)}`;
}

/** Tells whether the postings of an entry sum to zero. */
export function isBalanced(postings: readonly Posting[]): boolean {
  return postings.reduce((sum, posting) => sum + posting.amount, 0) === 0;
}

/**
 * Adds postings to a balance.
 * Throws: an Error (a bug) when they do not sum to zero or a balance would leave 0..2^53-1.
 */
export function applyPostings(balance: Balance, postings: readonly Posting[]): Balance {
  if (!isBalanced(postings)) throw new Error(`Postings do not sum to zero: ${JSON.stringify(postings)}`);
  const next = (account: keyof Balance): Amount => toAmount(balance[account] + changeOf(postings, account));
  return {
    available: next("available"),
    pending: next("pending"),
    frozen: next("frozen"),
    held: next("held"),
    // What is owed stands on the other side: a posting of -5 to `debt` makes the debt 5 larger.
    debt: toAmount(balance.debt - changeOf(postings, "debt")),
  };
}

/** How many units an entry put into lots, or took out of them when negative: the change of what open lots hold. */
export function lotsChange(postings: readonly Posting[]): number {
  return postings.reduce(
    (sum, { account, amount }) => (["available", "pending", "frozen"].includes(account) ? sum + amount : sum),
    0,
  );
}

/** Tells whether a balance can take so many units more. */
export function canHold(balance: Balance, amount: Amount): boolean {
  return isAmount(balance.available + balance.pending + balance.frozen + balance.held + amount);
}

/** The signed change that postings made on an account. */
export function changeOf(postings: readonly Posting[], account: Posting["account"]): number {
  return postings.reduce((sum, posting) => (posting.account === account ? sum + posting.amount : sum), 0);
}

/** The signed change of the available balance that an entry made. */
export function availableChange(entry: Pick<EntryDraft, "postings">): number {
  return changeOf(entry.postings, "available");
}
