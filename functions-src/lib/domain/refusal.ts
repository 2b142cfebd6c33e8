/**
 * Every business "no", with the sentence a caller reads. A refusal is a value, never an exception; nothing happened.
 * The order in which an operation checks them is part of the contract and stands in its doc comment.
 */
const REFUSALS = {
  /** The eligible lots hold less than the request. */
  insufficient_tokens: "Not enough tokens: buy a pack or ask for less",
  /** The request would have to touch more lots than one operation may. */
  too_many_lots: "The request touches too many small lots: ask for at most `coverable` at once",
  /** An operator or a dispute froze the wallet. */
  wallet_frozen: "The wallet is frozen: contact support",
  /** The account's plan does not have the feature. */
  not_in_plan: "Your plan does not have this feature",
  /** A hard limit of the plan is used up for this period. */
  limit_reached: "The limit of your plan is used up: it starts anew at `resetsAt`",
  /** The event is older than the window, or from the future. */
  usage_out_of_window: "The event is too old or from the future: it was kept and not counted",
  /** The account owes units and its policy refuses to spend meanwhile. */
  in_debt: "The account owes tokens: buy a pack to repay them first",
  /** The account was suspended by an operator or for fraud. */
  account_suspended: "The account is suspended: contact support",
  /** The account was closed. */
  account_closed: "The account is closed: reopen it first",
  /** The hold was captured, released, ended, or never existed. */
  hold_not_open: "This hold is not open any more",
  /** A capture asks for more than the hold set aside. */
  exceeds_hold: "The hold sets aside less than that: capture at most `held`",
  /** More would be given back than was spent. */
  exceeds_spend: "Less than that was spent and not yet given back: reverse at most `reversible`",
  /** The lot has no free units, or nothing is owed. */
  nothing_to_void: "There is nothing left to void",
  /** Transfers are off, or the units may not move yet. */
  transfer_not_allowed: "This transfer is not allowed",
  /** The same key came with other input. */
  key_reused: "This key was used with other input: use a new key for a new operation",
  /** Other writers kept the wallet busy; nothing happened. */
  contention: "The wallet is busy and nothing happened: try again with the same key",
  /** The fate of the commit is not known. */
  outcome_unknown: "The outcome is not known yet: ask again with the same key",
  /** A balance would pass 2^53-1. */
  balance_limit: "The balance would pass the largest amount: nothing was added",
  /** No pack of this id is sold. */
  pack_unknown: "No such pack is sold: see billing/catalog",
  /** More money would go back than was paid and did not go back yet. */
  exceeds_payment: "Less than that was paid and not yet refunded: refund at most `refundableMinor`",
  /** The promotion code is unknown, over, or used up. */
  coupon_invalid: "This code is not valid: check it, or buy without one",
  /** There is no card that may be charged. */
  payment_required: "No card is saved: buy a pack with `saveCard` first",
  /** The caller does not belong to the account. */
  not_a_member: "You are not a member of this account",
} as const;

export type RefusalCode = keyof typeof REFUSALS;

const RETRYABLE: ReadonlySet<RefusalCode> = new Set<RefusalCode>(["contention", "outcome_unknown"]);

/** A business "no" as callers get it; `retryable` says whether the same call may succeed without any change. */
export type Refusal = {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly [fact: string]: unknown;
};

/** Makes a refusal with its sentence and the facts that go with the code. */
export function refuse(code: RefusalCode, facts: Readonly<Record<string, unknown>> = {}): Refusal {
  return { ok: false, code, message: REFUSALS[code], retryable: RETRYABLE.has(code), ...facts };
}

/** Tells a refusal from a result. */
export function isRefusal(value: object): value is Refusal {
  return "ok" in value && value.ok === false;
}
