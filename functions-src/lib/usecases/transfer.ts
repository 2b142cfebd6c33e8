import type { Amount } from "../domain/amount";
import type { TransferCommand } from "../domain/commands";
import type { Instant } from "../domain/instant";
import type { Refusal } from "../domain/refusal";
import type { Account } from "../ports/account-store";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { type ShownBalance, answered, balanceAnswer, commandBase } from "./operation";

/** A transfer as asked for. */
export interface TransferInput {
  readonly key: string;
  readonly toAccountId: string;
  readonly amount: Amount;
  readonly unit: string;
}

/** What `wallet/transfer` answers. */
export interface TransferAnswer {
  readonly ok: true;
  readonly replayed: boolean;
  readonly entryId: string;
  readonly toEntryId: string;
  readonly balance: ShownBalance;
}

/**
 * Moves bought units to another account of the same owner; off unless the wallet's policy allows it.
 * Refuses, in this order: key_reused, account_closed, account_suspended, wallet_frozen, transfer_not_allowed, in_debt,
 * insufficient_tokens, balance_limit, contention, outcome_unknown.
 */
export async function transfer(
  deps: Deps,
  call: MemberCall<TransferInput>,
  now: Instant,
): Promise<TransferAnswer | Refusal> {
  const { accountId, input } = call;
  const outcome = await deps.post({ accountId, unit: input.unit }, await transferCommand(deps, call), now);
  return answered(outcome, (entry) => ({
    entryId: entry.id,
    toEntryId: String(entry.answer["toEntryId"]),
    balance: balanceAnswer(entry),
  }));
}

/** Builds the transfer that a caller asks for; who owns both accounts is read now. */
export async function transferCommand(
  deps: Pick<Deps, "accounts" | "digest">,
  { caller, accountId, input }: MemberCall<TransferInput>,
): Promise<TransferCommand> {
  const [from, to] = await Promise.all([
    deps.accounts.findAccount(accountId),
    deps.accounts.findAccount(input.toAccountId),
  ]);
  return {
    kind: "transfer",
    ...commandBase(deps.digest, caller, { useCase: "transfer", key: input.key, input: { ...input } }),
    amount: input.amount,
    to: { accountId: input.toAccountId, unit: input.unit },
    sameOwner: from !== null && to !== null && haveSameOwner(from, to),
  };
}

function haveSameOwner(from: Account, to: Account): boolean {
  const owners = new Set(from.members.filter(({ role }) => role === "owner").map(({ userId }) => userId));
  return to.members.some(({ userId, role }) => role === "owner" && owners.has(userId));
}
