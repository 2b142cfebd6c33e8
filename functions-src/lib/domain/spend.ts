import { type Amount, MAX_AMOUNT, ZERO, toAmount } from "./amount";
import type { SpendCommand } from "./commands";
import { takeInOrder } from "./receipt";
import { type Coverage, type Step, type StepFacts, coverageOf, debtRefusal, gateRefusal, shortage } from "./step";
import { limitRefusal } from "./usage";
import { type WalletDraft, book, putCounter, takeFromLots } from "./wallet-draft";

/**
 * Plans a spend on a settled draft: takes units in burn order from the lots that may pay for the feature, and makes debt of
 * the rest where an overdraft is allowed.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, not_in_plan, limit_reached, in_debt,
 * too_many_lots, insufficient_tokens. With `owing` "always" debt neither refuses nor is limited: the use it pays for took place.
 */
export function spend(
  draft: WalletDraft,
  command: SpendCommand,
  facts: StepFacts,
  owing: "by_policy" | "always" = "by_policy",
): Step {
  const { wallet } = draft;
  const closed = gateRefusal(wallet.gate);
  if (closed !== null) return { refusal: closed };
  const counted = countUse(draft, command.use);
  if ("refusal" in counted) return counted;
  const indebted = owing === "always" ? null : debtRefusal(wallet);
  if (indebted !== null) return { refusal: indebted };

  const coverage = coverageOf(draft, command.feature, facts);
  const limit = owing === "always" ? MAX_AMOUNT : wallet.policy.overdraftLimit;
  const overdraft = overdraftFor(coverage, command.amount, limit - wallet.debt);
  if (overdraft === null) return { refusal: shortage(coverage, command.amount) };

  const fromLots = toAmount(command.amount - overdraft);
  const receipt = takeInOrder(coverage.lots, fromLots);
  const booked = book(counted.draft, {
    kind: "spend",
    ...command.identity,
    at: facts.at,
    recordedAt: facts.at,
    actor: command.actor,
    cause:
      command.feature === null ? { kind: "spend", id: command.identity.key } : { kind: "feature", id: command.feature },
    postings: [
      { account: "available", amount: -fromLots },
      ...(overdraft === 0 ? [] : [{ account: "debt", amount: -overdraft } as const]),
      { account: "spent", amount: command.amount },
    ],
    receipt,
    answer: { amount: command.amount },
    note: command.note,
  });
  return { draft: takeFromLots(booked, receipt) };
}

/** Counts a metered use against its limit. Refuses: not_in_plan, limit_reached. */
function countUse(draft: WalletDraft, use: SpendCommand["use"]): Step {
  if (use === null) return { draft };
  if ("code" in use) return { refusal: use };
  const counter = draft.records.counters.get(use.counter.id) ?? { ...use.counter, used: 0 };
  const refusal = limitRefusal(counter, use.quantity, use.terms, use.slot);
  return refusal === null
    ? { draft: putCounter(draft, { ...counter, used: counter.used + use.quantity }) }
    : { refusal };
}

/** How much of a spend becomes debt: 0 when the lots cover it, null when more is missing than may be owed. */
function overdraftFor(coverage: Coverage, amount: Amount, mayOwe: number): Amount | null {
  if (coverage.covered >= amount) return ZERO;
  const missing = toAmount(amount - coverage.covered);
  // What cannot be reached is not missing: debt is for units that are not there.
  return !coverage.moreLots && missing <= mayOwe ? missing : null;
}
