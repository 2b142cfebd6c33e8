import { type Amount, minus, toAmount } from "./amount";
import { burnKey } from "./burn-key";
import type { Instant } from "./instant";
import { type OpenLot, isEligible, unitsLeft } from "./lot";
import { type Refusal, refuse } from "./refusal";
import type { Gate, Wallet } from "./wallet";
import type { WalletDraft } from "./wallet-draft";

/** How many lots one operation may touch. */
const MAX_LOTS_PER_OPERATION = 1000;

/** What a step knows beside the draft. */
export interface StepFacts {
  readonly at: Instant;
  /** Up to where in burn order every lot is known; null = all are. */
  readonly horizon: string | null;
}

/** A step of a plan: the next draft, whose first new entry is the operation's answer; or the refusal that changed nothing. */
export type Step = { readonly draft: WalletDraft } | { readonly refusal: Refusal };

/** The refusal of a closed, suspended or frozen wallet, in this order. */
export function gateRefusal(gate: Gate): Refusal | null {
  switch (gate) {
    case "closed":
      return refuse("account_closed");
    case "suspended":
      return refuse("account_suspended");
    case "frozen":
      return refuse("wallet_frozen");
    case "open":
      return null;
  }
}

/** The refusal of a wallet in debt, where debt blocks. */
export function debtRefusal(wallet: Wallet): Refusal | null {
  return wallet.policy.blockInDebt && wallet.debt > 0 ? refuse("in_debt", { debt: wallet.debt }) : null;
}

/** The lots that may pay for a request, in burn order, and what they cover. */
export interface Coverage {
  readonly lots: readonly OpenLot[];
  readonly covered: Amount;
  /** Whether more lots exist that one operation may not reach. */
  readonly moreLots: boolean;
}

/** Finds the lots that may pay for a feature, or without one. */
export function coverageOf(draft: WalletDraft, feature: string | null, facts: StepFacts): Coverage {
  return coverageBy(draft, facts, (lot) => isEligible(lot, { at: facts.at, feature }));
}

/** Finds the lots that may give. A lot past the horizon may not: lots that were not loaded could precede it. */
export function coverageBy(draft: WalletDraft, { horizon }: StepFacts, mayGive: (lot: OpenLot) => boolean): Coverage {
  const eligible = draft.open.filter((lot) => mayGive(lot) && (horizon === null || burnKey(lot) <= horizon));
  const lots = eligible.slice(0, MAX_LOTS_PER_OPERATION);
  return {
    lots,
    covered: toAmount(unitsLeft(lots)),
    moreLots: lots.length < eligible.length || horizon !== null,
  };
}

/** The refusal of a request that the lots do not cover. */
export function shortage(coverage: Coverage, amount: Amount): Refusal {
  if (coverage.moreLots) {
    return refuse("too_many_lots", { max: MAX_LOTS_PER_OPERATION, coverable: coverage.covered });
  }
  return refuse("insufficient_tokens", { missing: minus(amount, coverage.covered), available: coverage.covered });
}
