import type { Amount } from "../domain/amount";
import type { SpendCommand } from "../domain/commands";
import type { Instant } from "../domain/instant";
import type { ReceiptLine } from "../domain/lot";
import type { Refusal } from "../domain/refusal";
import type { Caller, MemberCall } from "./caller";
import type { Deps } from "./deps";
import { type ShownBalance, answered, balanceAnswer, commandBase } from "./operation";

/** A spend as asked for. `metadata` is kept apart from the ledger and is not part of the fingerprint. */
export interface ConsumeInput {
  readonly key: string;
  readonly amount: Amount;
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

/** Builds the spend that a caller asks for. */
export function spendCommand(deps: Pick<Deps, "digest">, caller: Caller, input: ConsumeInput): SpendCommand {
  return {
    kind: "spend",
    ...commandBase(deps.digest, caller, { useCase: "consume", key: input.key, input: { ...input } }),
    amount: input.amount,
    feature: input.feature,
  };
}

/**
 * Spends units of a wallet: builds the command, and lets the wallet's queue load, plan and apply it.
 * Refuses, in this order: key_reused, account_closed, account_suspended, wallet_frozen, in_debt, too_many_lots,
 * insufficient_tokens, contention, outcome_unknown.
 */
export async function consume(
  deps: Deps,
  call: MemberCall<ConsumeInput>,
  now: Instant,
): Promise<ConsumeAnswer | Refusal> {
  const { caller, accountId, input } = call;
  const outcome = await deps.post({ accountId, unit: input.unit }, spendCommand(deps, caller, input), now);
  return answered(outcome, (entry) => ({
    entryId: entry.id,
    amount: Number(entry.answer["amount"]),
    receipt: entry.receipt,
    balance: balanceAnswer(entry),
    at: new Date(entry.at),
  }));
}
