import { type Amount, ZERO } from "../domain/amount";
import { AppError } from "../domain/app-error";
import type { SpendCommand } from "../domain/commands";
import type { EntryDraft } from "../domain/entry";
import { type FeaturePrice, priceOf } from "../domain/feature-price";
import type { Instant } from "../domain/instant";
import type { ReceiptLine } from "../domain/lot";
import { type Refusal, refuse } from "../domain/refusal";
import { counterIdOf, usageSlotAt } from "../domain/usage";
import type { WalletReads } from "../ports/wallet-store";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { type ShownBalance, answered, balanceAnswer, commandBase } from "./operation";
import { meteredTerms } from "./plan-features";

/**
 * A spend as asked for: an amount, or a quantity of a feature that the catalog prices and the plan counts; the other is null.
 * `metadata` is kept apart from the ledger and is not part of the fingerprint.
 */
export interface ConsumeInput {
  readonly key: string;
  readonly amount: Amount | null;
  readonly quantity: Amount | null;
  readonly unit: string;
  readonly feature: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** What `wallet/consume` answers. */
export interface ConsumeAnswer {
  readonly ok: true;
  readonly entryId: string;
  readonly replayed: boolean;
  readonly amount: number;
  readonly receipt: readonly ReceiptLine[];
  readonly balance: ShownBalance;
  readonly at: Date;
}

/**
 * Builds the spend that a caller asks for; the price of a quantity is the catalog's at this moment. A call that was answered
 * before is built also when its feature has no price any more: it gets its answer again.
 * Throws: AppError `invalid_input` for a feature without a price, or a quantity whose price is too large.
 */
export async function spendCommand(
  deps: Pick<Deps, "digest" | "catalog"> & { readonly wallets: Pick<WalletReads, "findByNames"> },
  call: MemberCall<ConsumeInput>,
  now: Instant,
): Promise<SpendCommand> {
  const { caller, accountId, input } = call;
  const base = commandBase(deps.digest, caller, { useCase: "consume", key: input.key, input: { ...input } });
  if (input.amount !== null) {
    return { kind: "spend", ...base, amount: input.amount, feature: input.feature, use: null };
  }
  const { feature, quantity } = input;
  if (feature === null || quantity === null)
    throw new AppError("invalid_input", "amount: expected an amount, or a feature and a quantity");
  const terms = await meteredTerms(deps, feature, now);
  const refused: SpendCommand = {
    kind: "spend",
    ...base,
    amount: ZERO,
    feature,
    use: refuse("not_in_plan", { feature }),
  };
  if (terms === null) return refused;
  const amount = terms.price === null ? null : priceOf(terms.price, quantity);
  if (amount === null) {
    const [known] = await deps.wallets.findByNames(accountId, [base.identity]);
    if (known === undefined) throw noPrice(feature, terms.price, quantity);
    return refused;
  }
  const slot = usageSlotAt(now);
  const counter = { id: counterIdOf(accountId, feature, slot), accountId, feature, slot: slot.id };
  return {
    kind: "spend",
    ...base,
    amount,
    feature,
    use: { counter, slot, quantity, terms },
  };
}

function noPrice(feature: string, price: FeaturePrice | null, quantity: Amount): AppError {
  const expected =
    price === null
      ? `feature: expected one that the catalog prices, got "${feature}"; give an amount`
      : `quantity: expected one whose price stays below 2^53, got ${quantity}`;
  return new AppError("invalid_input", expected);
}

/**
 * Spends units of a wallet: builds the command, and lets the wallet's queue load, plan and apply it.
 * Refuses, in this order: key_reused, account_closed, account_suspended, wallet_frozen, not_in_plan, limit_reached, in_debt,
 * too_many_lots, insufficient_tokens, contention, outcome_unknown.
 */
export async function consume(
  deps: Deps,
  call: MemberCall<ConsumeInput>,
  now: Instant,
): Promise<ConsumeAnswer | Refusal> {
  const { accountId, input } = call;
  const outcome = await deps.post({ accountId, unit: input.unit }, await spendCommand(deps, call, now), now);
  return answered(outcome, consumeAnswer);
}

/** What a booked spend answers, from its stored entry. */
export function consumeAnswer(entry: EntryDraft): Omit<ConsumeAnswer, "ok" | "replayed"> {
  return {
    entryId: entry.id,
    amount: Number(entry.answer["amount"]),
    receipt: entry.receipt,
    balance: balanceAnswer(entry),
    at: new Date(entry.at),
  };
}
