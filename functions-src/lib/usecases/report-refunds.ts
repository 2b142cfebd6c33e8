import { AppError } from "../domain/app-error";
import { csvLine } from "../domain/csv";
import { type Instant, toIsoText } from "../domain/instant";
import { type RefundLine, type RefundTotal, refundLine, refundTotals } from "../domain/refund-report";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { loadPaymentEntries, walletOfPayment } from "./payment-entries";
import { someAtOnce } from "./some-at-once";

const MAX_LINES = 5000;

/** Which report is asked for, over what happened from `from` on and before `to`. */
export interface ReportInput {
  readonly kind: "refunds";
  readonly from: Instant;
  readonly to: Instant;
  readonly format: "json" | "csv";
}

/** A line with its instants as dates. */
type ShownLine = Omit<RefundLine, "paidAt" | "claimsAt" | "turns"> & {
  readonly paidAt: Date;
  readonly claimsAt: Date;
  readonly turns: readonly (Omit<RefundLine["turns"][number], "at"> & { readonly at: Date })[];
};

/** What `admin/report` answers: lines and sums, or the lines as text of comma-separated values. */
export type ReportAnswer =
  | {
      readonly ok: true;
      readonly kind: "refunds";
      readonly totals: readonly RefundTotal[];
      readonly lines: readonly ShownLine[];
    }
  | { readonly ok: true; readonly kind: "refunds"; readonly totals: readonly RefundTotal[]; readonly csv: string };

/**
 * Reports the payments whose refunds, credit notes or disputes changed in a period: money that went back, units recovered and not
 * recovered, and what those cost.
 * Throws: AppError `invalid_input` for a period with more than 5,000 payments.
 */
export async function reportRefunds(deps: Deps, _caller: Caller, input: ReportInput): Promise<ReportAnswer> {
  const { kind, from, to, format } = input;
  const payments = await deps.paymentRecords.listClaimed({ from, to, limit: MAX_LINES + 1 });
  if (payments.length > MAX_LINES) {
    throw new AppError(
      "invalid_input",
      `to: expected a period with at most ${MAX_LINES} payments, got more; shorten it`,
    );
  }
  const lines = await someAtOnce(payments, async (payment) => {
    const { accountId, cause } = payment;
    return refundLine(payment, await loadPaymentEntries(deps, walletOfPayment(accountId, cause), cause));
  });
  const totals = refundTotals(lines);
  return format === "csv"
    ? { ok: true, kind, totals, csv: csvOf(lines) }
    : { ok: true, kind, totals, lines: lines.map(shownLine) };
}

function shownLine({ paidAt, claimsAt, turns, ...line }: RefundLine): ShownLine {
  return {
    ...line,
    paidAt: new Date(paidAt),
    claimsAt: new Date(claimsAt),
    turns: turns.map(({ at, ...turn }) => ({ ...turn, at: new Date(at) })),
  };
}

const COLUMNS = [
  ...(["paymentId", "accountId", "currency", "valueMinor", "returnedMinor", "disputedMinor", "unitsGranted"] as const),
  ...(["unitsTaken", "unitsRecovered", "unitsUnrecovered", "recoveredMinor", "unrecoveredMinor"] as const),
] as const;

function csvOf(lines: readonly RefundLine[]): string {
  const rows = lines.map((line) =>
    csvLine([toIsoText(line.paidAt), toIsoText(line.claimsAt), ...COLUMNS.map((column) => line[column])]),
  );
  return [csvLine(["paidAt", "claimsAt", ...COLUMNS]), ...rows, ""].join("\n");
}
