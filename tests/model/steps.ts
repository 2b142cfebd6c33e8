/** What a history is made of: the words that the model and the player of the front door share. */
export type Name = "a" | "b";
export type LotClass = "promo" | "allocation" | "pack";
export interface GrantTerms {
  readonly class: LotClass;
  readonly priority: number;
  readonly scope: readonly string[] | null;
  readonly costMinor: number;
  readonly currency: string | null;
  readonly startsAt: number | null;
  readonly endsAt: number | null;
}
/** An operation inside a batch, or a step by itself. References (`hold`, `entry`, `lot`) name the step that made the thing. */
export type Operation =
  | { readonly kind: "consume" | "authorize"; readonly amount: number; readonly feature: string | null }
  | { readonly kind: "capture"; readonly hold: string; readonly amount: number | null }
  | { readonly kind: "release"; readonly hold: string }
  | { readonly kind: "transfer"; readonly amount: number };
export type Action =
  | Operation
  | { readonly kind: "preview"; readonly amount: number; readonly feature: string | null }
  | { readonly kind: "extend"; readonly hold: string }
  | ({ readonly kind: "grant"; readonly amount: number } & GrantTerms)
  | { readonly kind: "reverse"; readonly entry: string; readonly amount: number | null }
  | { readonly kind: "void"; readonly lot: string }
  | { readonly kind: "add" | "remove"; readonly amount: number }
  | { readonly kind: "writeOff"; readonly amount: number | null }
  | {
      readonly kind: "policy";
      readonly overdraft?: number;
      readonly blocks?: boolean;
      readonly transfers?: boolean;
      readonly collects?: boolean;
    }
  | { readonly kind: "alert"; readonly lowAt: number | null }
  /** Time passes for everybody. */
  | { readonly kind: "wait"; readonly hours: number }
  | { readonly kind: "gate"; readonly gate: "open" | "frozen" | "suspended" | "closed" }
  | { readonly kind: "batch"; readonly operations: readonly Operation[] };
/** What the features of a history let captures do: take more than was held; be refused, or make debt, after the lease. */
export const FEATURES = {
  chat: { late: "consume", more: true },
  code: { late: "refuse", more: false },
  draw: { late: "debt", more: false },
} as const;
export const NO_FEATURE = { late: "consume", more: false } as const;
export type Step = Action & { readonly id: string; readonly account: Name; readonly key: string };
export type Facts = Readonly<Record<string, unknown>>;
export interface Line {
  readonly lot: string;
  readonly class: LotClass;
  readonly amount: number;
}
