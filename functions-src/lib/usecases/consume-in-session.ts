import type { Instant } from "../domain/instant";
import { operationTime, planBatch, repeat } from "../domain/plan-batch";
import { type Refusal, refuse } from "../domain/refusal";
import type { Catalog } from "../domain/catalog";
import type { Digest } from "../ports/digest";
import type { WalletTransaction } from "../ports/wallet-store";
import type { MemberCall } from "./caller";
import { type ConsumeAnswer, type ConsumeInput, consumeAnswer, spendCommand } from "./consume";
import { answered } from "./operation";
import { loadBatchFacts } from "./post-to-wallet";
import { sealEntries } from "./seal-entries";

/**
 * Spends inside a transaction that somebody else opened and will commit: load -> plan -> apply, with the receipts and refusals of
 * `wallet/consume`. No queue, no retry, no commit. The key is looked up first, because a duplicate insert would end the
 * caller's transaction. A refusal writes nothing and leaves the transaction as it was.
 * Throws: the database's own errors, unwrapped, so that the caller's driver retries the whole transaction.
 */
export async function consumeInSession(
  deps: { readonly digest: Digest; readonly catalog: (now: Instant) => Promise<Catalog> },
  tx: WalletTransaction,
  call: MemberCall<ConsumeInput>,
  now: Instant,
): Promise<ConsumeAnswer | Refusal> {
  const { accountId, input } = call;
  const command = await spendCommand({ ...deps, wallets: tx }, call, now);
  const [known] = await tx.findByNames(accountId, [command.identity]);
  if (known !== undefined) {
    return answered(repeat({ kind: "booked", entry: known, replayed: true }, command), consumeAnswer);
  }
  const facts = await loadBatchFacts(tx, { accountId, unit: input.unit }, [command], now);
  const nextAt = facts.lots.nextAtOfOthers;
  // More is due than one transaction may book: the sweep or the next ordinary spend books it.
  if (nextAt !== null && nextAt <= operationTime(facts.wallet, now)) return refuse("contention");
  const plan = planBatch(facts, [command], now);
  const [outcome] = plan.outcomes;
  if (outcome === undefined) throw new Error("A plan left its command without an outcome");
  if (outcome.kind === "booked" && plan.changes !== null) {
    await tx.write(sealEntries(plan.changes, deps.digest));
  }
  return answered(outcome, consumeAnswer);
}
