import { ZERO, toAmount } from "./amount";
import type { AuthorizeCommand, CaptureCommand, ReleaseCommand } from "./commands";
import { seqText } from "./entry";
import { HOLD_LIMITS, type Hold } from "./hold";
import type { Instant } from "./instant";
import { firstUnits, lastUnits, takeInOrder } from "./receipt";
import { type Refusal, refuse } from "./refusal";
import { settle } from "./settle";
import { type Step, type StepFacts, coverageOf, gateRefusal, shortage } from "./step";
import { type WalletDraft, book, putHold, returnToLots, takeFromLots } from "./wallet-draft";

/**
 * Plans an authorization: units leave their lots and wait in a hold; they cannot be spent or voided, and do not expire.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, in_debt, too_many_lots, insufficient_tokens.
 */
export function authorize(draft: WalletDraft, command: AuthorizeCommand, facts: StepFacts): Step {
  const { wallet } = draft;
  const closed = gateRefusal(wallet.gate);
  if (closed !== null) return { refusal: closed };
  if (wallet.policy.blockInDebt && wallet.debt > 0) return { refusal: refuse("in_debt", { debt: wallet.debt }) };
  const coverage = coverageOf(draft, command.feature, facts);
  if (coverage.covered < command.amount) return { refusal: shortage(coverage, command.amount) };

  const { at } = facts;
  const receipt = takeInOrder(coverage.lots, command.amount);
  const hold: Hold = {
    id: `${wallet.id}:hold-${seqText(wallet.seq + 1)}`,
    accountId: wallet.accountId,
    walletId: wallet.id,
    state: "open",
    amount: command.amount,
    captured: ZERO,
    released: ZERO,
    receipt,
    feature: command.feature,
    openedAt: at,
    expiresAt: at + command.ttlMs,
    maxUntil: at + HOLD_LIMITS.lifeMs,
  };
  const booked = book(draft, {
    kind: "hold",
    ...command.identity,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: { kind: "hold", id: hold.id },
    postings: [
      { account: "available", amount: -command.amount },
      { account: "held", amount: command.amount },
    ],
    receipt,
    answer: { holdId: hold.id, amount: command.amount, expiresAt: hold.expiresAt },
    note: command.note,
  });
  return { draft: putHold(takeFromLots(booked, receipt), hold) };
}

/**
 * Plans a capture of an open hold: leg 0 spends, leg 1 gives the rest back. Goes on while the wallet is frozen or closed.
 * Refuses, in this order: hold_not_open, exceeds_hold.
 */
export function capture(draft: WalletDraft, command: CaptureCommand, at: Instant): Step {
  const hold = openHold(draft, command.holdId);
  if ("refusal" in hold) return hold;
  const amount = command.amount ?? hold.amount;
  if (amount > hold.amount) return { refusal: refuse("exceeds_hold", { held: hold.amount }) };

  const rest = toAmount(hold.amount - amount);
  const receipt = firstUnits(hold.receipt, amount);
  const spent = book(draft, {
    kind: "capture",
    ...command.identity,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: { kind: "hold", id: hold.id },
    postings: [
      { account: "held", amount: -amount },
      { account: "spent", amount },
    ],
    receipt,
    answer: { amount, captured: amount, released: rest },
    note: command.note,
  });
  const ended: Hold = { ...hold, state: "captured", captured: amount, released: rest };
  return { draft: rest === 0 ? putHold(spent, ended) : giveRest(spent, command, ended, at) };
}

/** Plans a release of an open hold: everything goes back to its lots. Refuses: hold_not_open. */
export function release(draft: WalletDraft, command: ReleaseCommand, at: Instant): Step {
  const hold = openHold(draft, command.holdId);
  if ("refusal" in hold) return hold;
  return { draft: giveRest(draft, command, { ...hold, state: "released", released: hold.amount }, at) };
}

/** Gives the released units of a hold back, newest taken first; units of a lot that ended meanwhile end at once. */
function giveRest(draft: WalletDraft, command: CaptureCommand | ReleaseCommand, hold: Hold, at: Instant): WalletDraft {
  const receipt = lastUnits(hold.receipt, hold.released);
  const booked = book(draft, {
    kind: "release",
    ...command.identity,
    leg: command.kind === "capture" ? 1 : 0,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: { kind: "hold", id: hold.id },
    postings: [
      { account: "held", amount: -hold.released },
      { account: "available", amount: hold.released },
    ],
    receipt,
    answer: { released: hold.released },
    note: command.kind === "release" ? command.note : null,
  });
  return settle(putHold(returnToLots(booked, receipt), hold), at);
}

function openHold(draft: WalletDraft, holdId: string): Hold | { readonly refusal: Refusal } {
  const hold = draft.records.holds.get(holdId);
  if (hold?.state === "open") return hold;
  return { refusal: refuse("hold_not_open", { state: hold?.state ?? "unknown" }) };
}

