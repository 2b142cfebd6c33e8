import { type Amount, ZERO, toAmount } from "./amount";
import type { AuthorizeCommand, CaptureCommand, ReleaseCommand } from "./commands";
import { repayClaims } from "./debt";
import { type JsonObject, nextIdOf } from "./entry";
import { HOLD_LIMITS, type Hold } from "./hold";
import type { Instant } from "./instant";
import { firstUnits, lastUnits, takeInOrder } from "./receipt";
import { refuse } from "./refusal";
import { settle } from "./settle";
import { spend } from "./spend";
import { type Step, type StepFacts, coverageOf, debtRefusal, gateRefusal, shortage } from "./step";
import { type WalletDraft, book, lotPostings, putHold, returnToLots, takeFromLots } from "./wallet-draft";

/**
 * Plans an authorization: units leave their lots and wait in a hold; they cannot be spent or voided, and do not expire.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, in_debt, too_many_lots, insufficient_tokens.
 */
export function authorize(draft: WalletDraft, command: AuthorizeCommand, facts: StepFacts): Step {
  const { wallet } = draft;
  const refusal = gateRefusal(wallet.gate) ?? debtRefusal(wallet);
  if (refusal !== null) return { refusal };
  const coverage = coverageOf(draft, command.feature, facts);
  if (coverage.covered < command.amount) return { refusal: shortage(coverage, command.amount) };

  const { at } = facts;
  const receipt = takeInOrder(coverage.lots, command.amount);
  const hold: Hold = {
    id: nextIdOf("hold", wallet),
    accountId: wallet.accountId,
    walletId: wallet.id,
    state: "open",
    amount: command.amount,
    captured: ZERO,
    released: ZERO,
    receipt,
    feature: command.feature,
    terms: command.terms,
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
 * Plans a capture of an open hold: leg 0 spends, leg 1 gives the rest back, or spends what the terms of the hold allow beyond
 * it. Goes on while the wallet is frozen or closed, but takes no free units then.
 * A hold whose lease is over gave its units back, so its capture is a spend, once, as its terms say.
 * Refuses, in this order: hold_not_open, exceeds_hold, and for free units what a spend refuses.
 */
export function capture(draft: WalletDraft, command: CaptureCommand, facts: StepFacts): Step {
  const hold = draft.records.holds.get(command.holdId);
  if (hold === undefined || !mayCapture(hold)) return notOpen(hold);
  const amount = command.amount ?? hold.amount;
  if (amount > hold.amount && !hold.terms.captureMore) {
    return { refusal: refuse("exceeds_hold", { held: hold.amount }) };
  }
  if (hold.state === "expired") return captureLate(draft, command, { hold, amount, facts });
  const captured = captureOpen(draft, command, { hold, amount, at: facts.at });
  return amount > hold.amount ? captureMore(captured, command, { hold, amount, facts }) : { draft: captured };
}

function mayCapture({ state, terms }: Hold): boolean {
  return state === "open" || (state === "expired" && terms.lateCapture !== "refuse");
}

/** How many free units a capture takes at an instant, beside those on hold. */
export function freeUnitsCaptured(hold: Hold, asked: Amount | null, at: Instant): Amount {
  const amount = asked ?? hold.amount;
  const onHold = hold.state === "open" && hold.expiresAt > at ? hold.amount : 0;
  return toAmount(Math.max(0, amount - onHold));
}

function captureOpen(
  draft: WalletDraft,
  command: CaptureCommand,
  asked: { readonly hold: Hold; readonly amount: Amount; readonly at: Instant },
): WalletDraft {
  const { hold, at } = asked;
  const amount = toAmount(Math.min(asked.amount, hold.amount));
  const rest = toAmount(hold.amount - amount);
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
    receipt: firstUnits(hold.receipt, amount),
    answer: { amount, captured: amount, released: rest },
    note: command.note,
  });
  const ended: Hold = { ...hold, state: "captured", captured: amount, released: rest };
  return rest === 0 ? putHold(spent, ended) : giveRest(spent, command, ended, at);
}

interface CaptureFacts {
  readonly hold: Hold;
  readonly amount: Amount;
  readonly facts: StepFacts;
}

/** Spends what an ended hold had set aside, from whatever may pay for it now; the hold cannot be captured again. */
function captureLate(draft: WalletDraft, command: CaptureCommand, { hold, amount, facts }: CaptureFacts): Step {
  const answer = { amount, captured: amount, released: 0 };
  const step = spendForHold(draft, command, { hold, amount, leg: 0, answer, facts });
  return "refusal" in step ? step : { draft: putHold(step.draft, { ...hold, state: "captured" }) };
}

/** Spends free units beyond a hold that was captured whole, as leg 1 of the capture. */
function captureMore(draft: WalletDraft, command: CaptureCommand, { hold, amount, facts }: CaptureFacts): Step {
  const more = toAmount(amount - hold.amount);
  const step = spendForHold(draft, command, { hold, amount: more, leg: 1, answer: { amount: more }, facts });
  if ("refusal" in step) return step;
  const [spent] = step.draft.entries.slice(-1);
  if (spent === undefined) throw new Error(`The capture of ${hold.id} left no entry`);
  const entries = step.draft.entries.map((entry) => {
    if (entry.seq !== spent.seq - 1) return entry;
    const receipt = [...entry.receipt, ...spent.receipt].map((line) => ({ ...line }));
    return { ...entry, answer: { ...entry.answer, captured: amount, moreEntryId: spent.id, receipt } };
  });
  return { draft: { ...step.draft, entries } };
}

function spendForHold(
  draft: WalletDraft,
  command: CaptureCommand,
  { hold, amount, leg, answer, facts }: CaptureFacts & { readonly leg: number; readonly answer: JsonObject },
): Step {
  const ended = hold.state === "expired";
  const owing = ended && hold.terms.lateCapture === "debt" ? "always" : "by_policy";
  const spending = { ...command, kind: "spend", amount, feature: hold.feature, use: null } as const;
  const step = spend(draft, leg === 0 ? spending : { ...spending, note: null }, facts, owing);
  if ("refusal" in step) return step;
  const entries = step.draft.entries.map((entry, index) =>
    index === draft.entries.length ? { ...entry, leg, cause: { kind: "hold", id: hold.id }, answer } : entry,
  );
  return { draft: { ...step.draft, entries } };
}

/** Plans a release of an open hold: everything goes back to its lots. Refuses: hold_not_open. */
export function release(draft: WalletDraft, command: ReleaseCommand, at: Instant): Step {
  const hold = draft.records.holds.get(command.holdId);
  if (hold?.state !== "open") return notOpen(hold);
  return { draft: giveRest(draft, command, { ...hold, state: "released", released: hold.amount }, at) };
}

function notOpen(hold: Hold | undefined): Step {
  return { refusal: refuse("hold_not_open", { state: hold?.state ?? "unknown" }) };
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
    postings: [{ account: "held", amount: -hold.released }, ...lotPostings(draft, receipt, 1)],
    receipt,
    answer: { released: hold.released },
    note: command.kind === "release" ? command.note : null,
  });
  return settle(repayClaims(putHold(returnToLots(booked, receipt), hold), receipt), at);
}
