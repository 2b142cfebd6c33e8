import { type Amount, ZERO, toAmount } from "./amount";
import type { SpendCommand } from "./commands";
import { takeInOrder } from "./receipt";
import { refuse } from "./refusal";
import { type Coverage, type Step, type StepFacts, coverageOf, gateRefusal, shortage } from "./step";
import type { Wallet } from "./wallet";
import { type WalletDraft, book, takeFromLots } from "./wallet-draft";

/**
 * Plans a spend on a settled draft: takes units in burn order from the lots that may pay for the feature, and makes debt of
 * the rest where an overdraft is allowed.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, in_debt, too_many_lots, insufficient_tokens.
 */
export function spend(draft: WalletDraft, command: SpendCommand, facts: StepFacts): Step {
  const { wallet } = draft;
  const closed = gateRefusal(wallet.gate);
  if (closed !== null) return { refusal: closed };
  if (wallet.policy.blockInDebt && wallet.debt > 0) return { refusal: refuse("in_debt", { debt: wallet.debt }) };

  const coverage = coverageOf(draft, command.feature, facts);
  const overdraft = overdraftFor(wallet, coverage, command.amount);
  if (overdraft === null) return { refusal: shortage(coverage, command.amount) };

  const fromLots = toAmount(command.amount - overdraft);
  const receipt = takeInOrder(coverage.lots, fromLots);
  const booked = book(draft, {
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

/** How much of a spend becomes debt: 0 when the lots cover it, null when the limit does not allow the rest. */
function overdraftFor(wallet: Wallet, coverage: Coverage, amount: Amount): Amount | null {
  if (coverage.covered >= amount) return ZERO;
  const missing = toAmount(amount - coverage.covered);
  // What cannot be reached is not missing: debt is for units that are not there.
  return !coverage.moreLots && wallet.debt + missing <= wallet.policy.overdraftLimit ? missing : null;
}
