import type { Amount } from "../domain/amount";
import { AppError } from "../domain/app-error";
import type { GrantCommand, Outcome } from "../domain/commands";
import { type Instant, toIsoText } from "../domain/instant";
import type { LotClass } from "../domain/lot";
import { repeat } from "../domain/plan-batch";
import type { Refusal } from "../domain/refusal";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { type ShownBalance, answered, balanceAnswer, commandBase, scopeOf } from "./operation";
import { requireAccount } from "./resolve-account";

/** A grant as an operator asks for it. */
export interface GrantInput {
  readonly key: string;
  readonly accountId: string;
  readonly unit: string;
  readonly amount: Amount;
  readonly class: LotClass;
  readonly priority: number;
  readonly effectiveAt: Instant | null;
  readonly expiresAt: Instant | null;
  readonly costMinor: Amount;
  readonly currency: string | null;
  readonly scope: readonly string[] | null;
  readonly reason: string;
}

/** What `admin/grant` answers. */
export interface GrantAnswer {
  readonly ok: true;
  readonly entryId: string;
  readonly lotId: string;
  readonly replayed: boolean;
  readonly balance: ShownBalance;
}

/**
 * Gives units to an account by hand; the reason is kept as an erasable note of the entry.
 * Refuses: key_reused, balance_limit, contention, outcome_unknown.
 * Throws: AppError `invalid_input` when there is no such account or the lot would have ended already.
 */
export async function grantTokens(
  deps: Deps,
  caller: Caller,
  input: GrantInput,
  now: Instant,
): Promise<GrantAnswer | Refusal> {
  await requireAccount(deps, input.accountId);
  const command: GrantCommand = {
    kind: "grant",
    ...commandBase(deps.digest, caller, { useCase: "grant", key: input.key, input: { ...input } }),
    amount: input.amount,
    class: input.class,
    priority: input.priority,
    scope: input.scope,
    effectiveAt: input.effectiveAt,
    expiresAt: input.expiresAt,
    costMinor: input.costMinor,
    currency: input.currency,
    cause: { kind: "operator", id: `${scopeOf(caller)}:${input.key}` },
    payment: null,
  };
  const outcome =
    (await endedLife(deps, command, input, now)) ??
    (await deps.post({ accountId: input.accountId, unit: input.unit }, command, now));
  return answered(outcome, (entry) => ({
    entryId: entry.id,
    lotId: String(entry.answer["lotId"]),
    balance: balanceAnswer(entry),
  }));
}

/** A grant whose life is over by now: its answer when it was made in time, an input error when it was not; null = it is not over. */
async function endedLife(
  deps: Pick<Deps, "wallets">,
  command: GrantCommand,
  { accountId, effectiveAt, expiresAt }: GrantInput,
  now: Instant,
): Promise<Outcome | null> {
  const startsAt = Math.max(effectiveAt ?? now, now);
  if (expiresAt === null || expiresAt > startsAt) return null;
  const [entry] = await deps.wallets.findByNames(accountId, [command.identity]);
  if (entry !== undefined) return repeat({ kind: "booked", entry, replayed: true }, command);
  const expected = `an instant after ${toIsoText(startsAt)}`;
  throw new AppError("invalid_input", `expiresAt: expected ${expected}, got ${toIsoText(expiresAt)}`);
}
