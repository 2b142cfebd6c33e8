import { AppError } from "../domain/app-error";
import { type Instant, toIsoText } from "../domain/instant";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { withLease } from "./with-lease";

const MAX_POINTS = 50_000;
const RECORDS_PER_SWEEP = 1000;

/** The width of a point of a summary. */
export type Granularity = "hour" | "day" | "month";

/** What `usage/summary` answers; a chart, never a balance. */
export interface SummaryAnswer {
  readonly ok: true;
  readonly points: readonly { readonly at: Date; readonly quantity: number }[];
}

/**
 * Sums the use of a feature per hour, day or month in UTC, from the time series.
 * Throws: AppError `invalid_input` for a period that ends before it begins or holds more than 50,000 events.
 */
export async function summarizeUsage(
  deps: Deps,
  call: MemberCall<{
    readonly feature: string;
    readonly from: Instant;
    readonly to: Instant;
    readonly granularity: Granularity;
  }>,
): Promise<SummaryAnswer> {
  const { feature, from, to, granularity } = call.input;
  if (to < from)
    throw new AppError("invalid_input", `to: expected an instant from ${toIsoText(from)} on, got ${toIsoText(to)}`);
  const points = await deps.usage.listPoints({ accountId: call.accountId, feature, from, to, limit: MAX_POINTS + 1 });
  if (points.length > MAX_POINTS) {
    throw new AppError(
      "invalid_input",
      `to: expected a period with at most ${MAX_POINTS} events; ask for a shorter one`,
    );
  }
  const sums = new Map<Instant, number>();
  for (const { at, quantity } of points) {
    const start = startOf(at, granularity);
    sums.set(start, (sums.get(start) ?? 0) + quantity);
  }
  return { ok: true, points: [...sums].map(([at, quantity]) => ({ at: new Date(at), quantity })) };
}

function startOf(at: Instant, granularity: Granularity): Instant {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (granularity) {
    case "hour":
      return Date.UTC(year, month, day, date.getUTCHours());
    case "day":
      return Date.UTC(year, month, day);
    case "month":
      return Date.UTC(year, month, 1);
  }
}

/**
 * Puts counted events that are not in the time series yet into it; woken by new events, and by a sweep for what was missed.
 * A lease keeps it to one process at a time, because a time series cannot refuse a second copy.
 */
export async function projectUsage(deps: Deps): Promise<void> {
  await withLease(deps, "project:usage", async (stillOurs) => {
    while (await stillOurs()) {
      const records = await deps.usage.listUnprojected(RECORDS_PER_SWEEP);
      for (const record of records) await deps.usage.project(record);
      if (records.length < RECORDS_PER_SWEEP) return;
    }
  });
}
