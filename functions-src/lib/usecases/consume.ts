import type { Amount } from "../domain/amount";
import type { SpendCommand } from "../domain/commands";
import type { EntryDraft } from "../domain/entry";
import type { Instant } from "../domain/instant";
import type { ReceiptLine } from "../domain/lot";
import type { Refusal } from "../domain/refusal";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { actorOf, noteOf, scopeOf } from "./operation";

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
  readonly balance: { readonly available: number; readonly held: number; readonly debt: number };
  readonly at: Date;
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
  const { metadata, ...fingerprinted } = input;
  const command: SpendCommand = {
    kind: "spend",
    identity: {
      scope: scopeOf(caller),
      key: input.key,
      fingerprint: deps.digest.json({ useCase: "consume", ...fingerprinted }),
    },
    actor: actorOf(caller),
    note: noteOf(deps.digest, metadata),
    amount: input.amount,
    feature: input.feature,
  };
  const outcome = await deps.post({ accountId, unit: input.unit }, command, now);
  return outcome.kind === "refused" ? outcome.refusal : consumeAnswer(outcome.entry, outcome.replayed);
}

function consumeAnswer(entry: EntryDraft, replayed: boolean): ConsumeAnswer {
  return {
    ok: true,
    entryId: entry.id,
    replayed,
    amount: Number(entry.answer["amount"]),
    receipt: entry.receipt,
    balance: balanceAnswer(entry),
    at: new Date(entry.at),
  };
}

/** The balance after an entry, in the form all answers share. */
export function balanceAnswer(entry: Pick<EntryDraft, "balanceAfter">): ConsumeAnswer["balance"] {
  const { available, held, debt } = entry.balanceAfter;
  return { available, held, debt };
}
