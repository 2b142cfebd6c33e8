import type { KeyScope } from "../domain/entry";
import type { Instant } from "../domain/instant";

/** Names a keyed call that writes no ledger entry. */
export interface OperationRef {
  readonly accountId: string;
  readonly scope: KeyScope;
  readonly key: string;
}

/** A keyed call that writes no ledger entry: it is open until its answer is stored. */
export interface Operation extends OperationRef {
  readonly useCase: string;
  readonly fingerprint: string;
  readonly state: "open" | "done";
  readonly answer: Readonly<Record<string, string>> | null;
  readonly at: Instant;
  /** How many idempotency keys at Stripe are spent. */
  readonly spentKeys: number;
}

/** Keys, fingerprints and answers of calls that write no ledger entry, kept for ever. */
export interface OperationStore {
  find(ref: OperationRef): Promise<Operation | null>;
  /** Stores an operation unless its key is known; answers what is stored. */
  open(operation: Omit<Operation, "state" | "answer" | "spentKeys">): Promise<Operation>;
  /** Records that a key is spent, of so many that were; answers how many are now. */
  spendKey(ref: OperationRef, spentKeys: number): Promise<number>;
  finish(ref: OperationRef, answer: Readonly<Record<string, string>>): Promise<void>;
}
