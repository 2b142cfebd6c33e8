import type { Amount } from "./amount";
import type { Actor, Cause, EntryDraft, OperationIdentity } from "./entry";
import type { Instant } from "./instant";
import type { LotClass } from "./lot";
import type { PaymentFact } from "./payment";
import type { Refusal } from "./refusal";

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

/** Takes units. `feature` null uses unscoped lots only. */
export interface SpendCommand extends CommandBase {
  readonly kind: "spend";
  readonly amount: Amount;
  readonly feature: string | null;
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

export type WalletCommand = SpendCommand | GrantCommand;

/** What became of a command: booked (now, or earlier in the same batch under the same key) or refused. */
export type Outcome =
  | { readonly kind: "booked"; readonly entry: EntryDraft; readonly replayed: boolean }
  | { readonly kind: "refused"; readonly refusal: Refusal };
