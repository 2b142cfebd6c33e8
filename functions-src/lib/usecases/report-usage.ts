import { ZERO } from "../domain/amount";
import type { Instant } from "../domain/instant";
import { type Refusal, refuse } from "../domain/refusal";
import {
  type UsageLimit,
  type UsageRecord,
  type UsageReport,
  counterIdOf,
  planUsage,
  usageSlotAt,
} from "../domain/usage";
import { StoreFailure } from "../ports/wallet-store";
import type { UsageTransaction } from "../ports/usage-store";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { meteredTerms } from "./plan-features";

const MAX_TRIES = 8;

/** A report as asked for; `at` null is now. */
export type ReportInput = Omit<UsageReport, "at"> & { readonly at: Instant | null };

/** What `usage/report` answers. */
export interface ReportAnswer {
  readonly ok: true;
  readonly recorded: true;
  readonly replayed: boolean;
  readonly used: number;
  readonly limit: number | null;
}

/**
 * Counts a usage event once for ever and holds it against the limit of the plan; it never spends tokens.
 * Refuses, in this order: key_reused, usage_out_of_window (kept and alarmed), not_in_plan, limit_reached, exceeds_spend,
 * contention.
 */
export async function reportUsage(
  deps: Deps,
  call: MemberCall<ReportInput>,
  now: Instant,
): Promise<ReportAnswer | Refusal> {
  const report: UsageReport = { ...call.input, at: call.input.at ?? now };
  const { at: _at, ...payload } = report;
  const payloadHash = deps.digest.json({ ...payload, at: call.input.at });
  const terms = await meteredTerms(deps, report.feature, now);
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const known = await deps.usage.findRecord({ accountId: call.accountId, ...report });
    if (known !== null) return replayed(known, payloadHash);
    try {
      return await deps.usage.transact((tx) =>
        count(deps, tx, { accountId: call.accountId, report, payloadHash, terms, now }),
      );
    } catch (error) {
      // A lost race: another writer changed the counter, or stored this very event, which the next turn finds.
      if (!(error instanceof StoreFailure)) throw error;
      await deps.timing.sleep(deps.timing.random() * 10 * tries);
    }
  }
  return refuse("contention");
}

function replayed(known: UsageRecord, payloadHash: string): ReportAnswer | Refusal {
  if (known.payloadHash !== payloadHash) return refuse("key_reused");
  if (known.state === "out_of_window") return refuse("usage_out_of_window");
  return { ok: true, recorded: true, replayed: true, used: known.used, limit: known.limit };
}

interface CountedReport {
  readonly accountId: string;
  readonly report: UsageReport;
  readonly payloadHash: string;
  readonly terms: UsageLimit | null;
  readonly now: Instant;
}

async function count(
  deps: Deps,
  tx: UsageTransaction,
  { accountId, report, payloadHash, terms, now }: CountedReport,
): Promise<ReportAnswer | Refusal> {
  const slot = usageSlotAt(now);
  const { feature } = report;
  const counter = await tx.loadCounter({
    id: counterIdOf(accountId, feature, slot),
    accountId,
    feature,
    slot: slot.id,
  });
  const original =
    report.corrects === null ? null : await tx.findRecord({ accountId, source: report.source, id: report.corrects });

  const plan = planUsage(report, { counter, slot, terms, original }, now);
  const record = {
    ...report,
    accountId,
    payloadHash,
    countedIn: slot.id,
    corrected: ZERO,
    limit: terms?.limit ?? null,
    recordedAt: now,
  };
  if (plan.kind === "refused") {
    if (plan.keep) {
      deps.log.alert("usage_out_of_window", { accountId, source: report.source, id: report.id, at: report.at });
      const kept: UsageRecord = { ...record, state: "out_of_window", used: counter.used };
      await tx.record({ record: kept, counter: null, original: null });
    }
    return plan.refusal;
  }
  await tx.record({
    record: { ...record, state: "counted", used: plan.used },
    counter: { ...counter, used: plan.used },
    original: plan.original,
  });
  return { ok: true, recorded: true, replayed: false, used: plan.used, limit: record.limit };
}
