/** One step of a transaction: it saw the list of a key, or added an element to it. */
export type Step =
  | { readonly kind: "read"; readonly key: string; readonly value: readonly string[]; readonly at: number }
  | { readonly kind: "append"; readonly key: string; readonly element: string };

/**
 * What one client saw of one transaction. Units: every instant is a count of events, so an instant that is smaller came before.
 * A transaction whose outcome is unknown counts as committed when an element of it is in a final list.
 */
export interface Transaction {
  readonly id: string;
  readonly status: "committed" | "aborted" | "unknown";
  readonly startedAt: number;
  /** When the client asked for the commit; undefined when it never did. */
  readonly commitAskedAt: number | undefined;
  readonly endedAt: number;
  readonly steps: readonly Step[];
}

/** Concurrent transactions over keys that hold lists; an element is added once in the whole history, so a list tells its own past. */
export interface History {
  readonly transactions: readonly Transaction[];
  /** The lists after all transactions have ended. */
  readonly final: ReadonlyMap<string, readonly string[]>;
}

/** What a history shows that snapshot isolation forbids. */
export interface Anomaly {
  readonly kind:
    | "aborted read"
    | "dirty read"
    | "intermediate read"
    | "non-repeatable read"
    | "lost update"
    | "unwritten value"
    | "inconsistent snapshot";
  readonly detail: string;
}
