import type { Instant } from "../domain/instant";
import { planBatch } from "../domain/plan-batch";
import type { ReceiptLine } from "../domain/lot";
import { type Refusal, refuse } from "../domain/refusal";
import type { MemberCall } from "./caller";
import { type ConsumeInput, spendCommand } from "./consume";
import type { Deps } from "./deps";
import { type ShownBalance, balanceAnswer } from "./operation";
import { loadBatchFacts } from "./post-to-wallet";

/** What `wallet/preview` answers: what consume would answer now, without an entry. */
export interface PreviewAnswer {
  readonly ok: true;
  readonly amount: number;
  readonly receipt: readonly ReceiptLine[];
  readonly balance: ShownBalance;
}

/** Plans a spend and writes nothing: the same plan as consume, without apply. Refuses: what consume would refuse. */
export async function previewSpend(
  deps: Deps,
  call: MemberCall<ConsumeInput>,
  now: Instant,
): Promise<PreviewAnswer | Refusal> {
  const { accountId, input } = call;
  const command = await spendCommand(deps, call, now);
  const facts = await loadBatchFacts(deps.wallets, { accountId, unit: input.unit }, [command], now);
  const [outcome] = planBatch(facts, [command], now).outcomes;
  if (outcome === undefined) return refuse("contention");
  if (outcome.kind === "refused") return outcome.refusal;
  const { entry } = outcome;
  return {
    ok: true,
    amount: Number(entry.answer["amount"]),
    receipt: entry.receipt,
    balance: balanceAnswer(entry),
  };
}
