import { type Amount, toAmount } from "./amount";
import type { Instant } from "./instant";
import { type Refusal, refuse } from "./refusal";

/** How late an event may come, and how far a sender's clock may run ahead. */
const WINDOW = { lateMs: 35 * 86_400_000, aheadMs: 5 * 60_000 } as const;

/** A month of counting, in UTC. */
export interface UsageSlot {
  readonly id: string;
  readonly endsAt: Instant;
}

/** The slot that an instant lies in. */
export function usageSlotAt(at: Instant): UsageSlot {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { id: `${year}-${String(month + 1).padStart(2, "0")}`, endsAt: Date.UTC(year, month + 1, 1) };
}

/** What a plan allows of a metered feature; null = without limit. */
export interface UsageLimit {
  readonly limit: Amount | null;
  readonly hard: boolean;
}

/** The authoritative count of a feature in a slot. `used` may fall below zero when a correction belongs to an earlier slot. */
export interface UsageCounter {
  readonly id: string;
  readonly accountId: string;
  readonly feature: string;
  readonly slot: string;
  readonly used: number;
}

/** The id of a counter. */
export function counterIdOf(accountId: string, feature: string, slot: UsageSlot): string {
  return `${accountId}:${feature}:${slot.id}`;
}

/** Refuses what a hard limit does not allow; a soft limit counts on. */
export function limitRefusal(
  counter: Pick<UsageCounter, "used">,
  quantity: number,
  terms: UsageLimit,
  slot: UsageSlot,
): Refusal | null {
  if (terms.limit === null || !terms.hard || counter.used + quantity <= terms.limit) return null;
  return refuse("limit_reached", {
    limit: terms.limit,
    used: Math.max(0, counter.used),
    resetsAt: new Date(slot.endsAt),
  });
}

/** A usage event as reported. */
export interface UsageReport {
  readonly source: string;
  readonly id: string;
  readonly feature: string;
  readonly quantity: Amount;
  readonly at: Instant;
  /** The id of the event of the same source that this one takes back from; null counts. */
  readonly corrects: string | null;
}

/** A stored event: its key is taken for ever. */
export interface UsageRecord extends UsageReport {
  readonly accountId: string;
  readonly payloadHash: string;
  readonly state: "counted" | "out_of_window";
  /** The slot it was counted in; another one than that of `at` when it came late. */
  readonly countedIn: string;
  readonly corrected: Amount;
  readonly used: number;
  readonly limit: Amount | null;
  readonly recordedAt: Instant;
}

/** What has to be known to decide a report. */
export interface UsageFacts {
  readonly counter: UsageCounter;
  readonly slot: UsageSlot;
  readonly terms: UsageLimit | null;
  readonly original: UsageRecord | null;
}

/** What a report becomes. */
export type UsagePlan =
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly keep: boolean }
  | { readonly kind: "counted"; readonly used: number; readonly original: UsageRecord | null };

/**
 * Decides a report at an instant. A late event is counted in the open slot; one too late or from the future is refused and kept.
 * Refuses, in this order: usage_out_of_window, not_in_plan, limit_reached; a correction that names no event, or takes more
 * than is left of it: exceeds_spend.
 */
export function planUsage(report: UsageReport, facts: UsageFacts, now: Instant): UsagePlan {
  if (report.at < now - WINDOW.lateMs || report.at > now + WINDOW.aheadMs) {
    return { kind: "refused", refusal: refuse("usage_out_of_window"), keep: true };
  }
  if (facts.terms === null) {
    return { kind: "refused", refusal: refuse("not_in_plan", { feature: report.feature }), keep: false };
  }
  if (report.corrects !== null) return planCorrection(report, facts);
  const refusal = limitRefusal(facts.counter, report.quantity, facts.terms, facts.slot);
  if (refusal !== null) return { kind: "refused", refusal, keep: false };
  return { kind: "counted", used: facts.counter.used + report.quantity, original: null };
}

function planCorrection(report: UsageReport, { counter, original }: UsageFacts): UsagePlan {
  const fits =
    original !== null &&
    original.state === "counted" &&
    original.corrects === null &&
    original.feature === report.feature;
  const reversible = fits ? original.quantity - original.corrected : 0;
  if (!fits || report.quantity > reversible) {
    return { kind: "refused", refusal: refuse("exceeds_spend", { reversible }), keep: false };
  }
  return {
    kind: "counted",
    used: counter.used - report.quantity,
    original: { ...original, corrected: toAmount(original.corrected + report.quantity) },
  };
}
