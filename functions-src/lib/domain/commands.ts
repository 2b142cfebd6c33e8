import type { Amount } from "./amount";
import type { Actor, Cause, EntryDraft, OperationIdentity } from "./entry";
import type { HoldTerms } from "./hold";
import type { Instant } from "./instant";
import type { LotClass } from "./lot";
import type { PaymentClaims, PaymentFact } from "./payment";
import type { Refusal } from "./refusal";
import type { UsageCounter, UsageLimit, UsageSlot } from "./usage";
import type { WalletRef } from "./wallet";

/** Free text that belongs to an entry. It lives apart, erasable; the entry keeps only its keyed hash. */
export interface Note {
  readonly content: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

interface CommandBase {
  readonly identity: OperationIdentity;
  readonly actor: Actor;
  readonly note: Note | null;
}

/** A use of a metered feature that a spend counts in the same transaction. */
export interface MeteredUse {
  readonly counter: Omit<UsageCounter, "used">;
  readonly slot: UsageSlot;
  readonly quantity: Amount;
  readonly terms: UsageLimit;
}

/** Takes units. `feature` null uses unscoped lots only. */
export interface SpendCommand extends CommandBase {
  readonly kind: "spend";
  readonly amount: Amount;
  readonly feature: string | null;
  /** What is counted with the spend, or why the plan does not allow it; null = a spend by amount, which counts nothing. */
  readonly use: MeteredUse | Refusal | null;
}

/** Gives units as one new lot. `effectiveAt` null starts it at the time of the operation. */
export interface GrantCommand extends CommandBase {
  readonly kind: "grant";
  readonly amount: Amount;
  readonly class: LotClass;
  readonly priority: number;
  readonly scope: readonly string[] | null;
  readonly effectiveAt: Instant | null;
  readonly expiresAt: Instant | null;
  readonly costMinor: Amount;
  readonly currency: string | null;
  readonly cause: Cause;
  /** The payment that this grant fulfils, recorded in the same transaction; null when nothing was paid. */
  readonly payment: PaymentFact | null;
}

/** Sets units aside until they are captured or released, or the lease ends. */
export interface AuthorizeCommand extends CommandBase {
  readonly kind: "authorize";
  readonly amount: Amount;
  readonly feature: string | null;
  readonly terms: HoldTerms;
  readonly ttlMs: number;
}

/**
 * Spends what a hold set aside, or a part of it, and the rest goes back; or more, where the terms of the hold allow it.
 * `amount` null captures what was held.
 */
export interface CaptureCommand extends CommandBase {
  readonly kind: "capture";
  readonly holdId: string;
  readonly amount: Amount | null;
}

/** Gives everything a hold set aside back to its lots. */
export interface ReleaseCommand extends CommandBase {
  readonly kind: "release";
  readonly holdId: string;
}

/** Gives units of a spend back to their own lots, newest taken first. `amount` null gives back all that is left to. */
export interface ReverseCommand extends CommandBase {
  readonly kind: "reverse";
  readonly entryId: string;
  readonly amount: Amount | null;
}

/** Removes the free rest of a lot. */
export interface VoidCommand extends CommandBase {
  readonly kind: "void";
  readonly lotId: string;
}

/** Adds a promo lot without end, or removes free units in burn order. */
export interface AdjustCommand extends CommandBase {
  readonly kind: "adjust";
  readonly direction: "add" | "remove";
  readonly amount: Amount;
}

/** Forgives debt, booked as loss. `amount` null forgives all of it. */
export interface WriteOffCommand extends CommandBase {
  readonly kind: "write_off";
  readonly amount: Amount | null;
}

/**
 * Brings a wallet in line with what stands against the payment of a cause: so many of its units taken back in all, and its
 * lots frozen for these reasons; it has to differ from what is. Their revision is the one after that of the payment that
 * the decision was made on.
 */
export interface ConvergeCommand extends CommandBase {
  readonly kind: "converge";
  readonly cause: string;
  readonly claims: PaymentClaims;
}

/** Moves bought units to another wallet; both sides are one transaction. */
export interface TransferCommand extends CommandBase {
  readonly kind: "transfer";
  readonly amount: Amount;
  readonly to: WalletRef;
  /** Whether both accounts belong to one owner; units never leave it. */
  readonly sameOwner: boolean;
}

/** Operations that make ledger entries under a key. */
export type SingleCommand =
  | SpendCommand
  | GrantCommand
  | AuthorizeCommand
  | CaptureCommand
  | ReleaseCommand
  | ReverseCommand
  | VoidCommand
  | AdjustCommand
  | WriteOffCommand
  | TransferCommand
  | ConvergeCommand;

/** Several operations under one key, in order, all or nothing. */
export interface BatchCommand extends CommandBase {
  readonly kind: "batch";
  readonly operations: readonly SingleCommand[];
}

export type WalletCommand = SingleCommand | BatchCommand;

/** The single operations of a command: itself, or those of a batch. */
export function operationsOf(command: WalletCommand): readonly SingleCommand[] {
  return command.kind === "batch" ? command.operations : [command];
}

/** Tells whether a command writes other wallets too. */
export function isTransfer(command: WalletCommand): boolean {
  return operationsOf(command).some(({ kind }) => kind === "transfer");
}

/** What became of a command: booked (now, or earlier in the same batch under the same key) or refused. */
export type Outcome =
  | { readonly kind: "booked"; readonly entry: EntryDraft; readonly replayed: boolean }
  | { readonly kind: "refused"; readonly refusal: Refusal };
