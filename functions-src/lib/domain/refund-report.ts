import { toAmount } from "./amount";
import type { Entry, EntryDraft } from "./entry";
import type { Instant } from "./instant";
import { mulDiv } from "./mul-div";
import type { PaymentFact } from "./payment";

/**
 * One turn of a payment: units that were taken, or given back when the numbers are negative.
 * Holds: `units` = `unitsRecovered` (out of lots) + `unitsUnrecovered` (spent before, and now debt or forgiven).
 */
export interface RefundTurn {
  readonly entryId: string;
  readonly at: Instant;
  readonly units: number;
  readonly unitsRecovered: number;
  readonly unitsUnrecovered: number;
}

/** What went back of a payment and what came back of its units. `...Minor`: at what the units cost, in the payment's currency. */
export interface RefundLine {
  readonly paymentId: string;
  readonly accountId: string;
  readonly paidAt: Instant;
  readonly claimsAt: Instant;
  readonly currency: string;
  readonly valueMinor: number;
  readonly returnedMinor: number;
  readonly disputedMinor: number;
  readonly unitsGranted: number;
  readonly unitsTaken: number;
  readonly unitsRecovered: number;
  readonly unitsUnrecovered: number;
  readonly recoveredMinor: number;
  readonly unrecoveredMinor: number;
  readonly turns: readonly RefundTurn[];
}

/** Sums of a report in one currency. */
export type RefundTotal = Pick<
  RefundLine,
  "currency" | "returnedMinor" | "disputedMinor" | "recoveredMinor" | "unrecoveredMinor"
> & { readonly payments: number };

/** Builds the line of a payment from the entries of its cause. */
export function refundLine(payment: PaymentFact, entries: readonly Entry[]): RefundLine {
  const turns = entries.flatMap((entry) => turnOf(entry) ?? []);
  const unitsRecovered = turns.reduce((sum, turn) => sum + turn.unitsRecovered, 0);
  const unitsUnrecovered = turns.reduce((sum, turn) => sum + turn.unitsUnrecovered, 0);
  const { cause, accountId, paidAt, claimsAt, currency, valueMinor, unitsGranted, unitsTaken } = payment;
  const costOf = (units: number): number =>
    unitsGranted === 0 ? 0 : mulDiv(valueMinor, toAmount(units), unitsGranted, "half_up");
  return {
    paymentId: cause,
    accountId,
    paidAt,
    claimsAt: claimsAt ?? paidAt,
    currency,
    valueMinor,
    returnedMinor: payment.returnedMinor,
    disputedMinor: payment.disputedMinor,
    unitsGranted,
    unitsTaken,
    unitsRecovered,
    unitsUnrecovered,
    recoveredMinor: costOf(unitsRecovered),
    unrecoveredMinor: costOf(unitsUnrecovered),
    turns,
  };
}

/** What an entry took or gave back; null = it did neither, like a lot that only got another life. */
function turnOf({ id, at, kind, cause, answer }: Entry): RefundTurn | null {
  if (kind === "clawback") return buildTurn({ id, at, sign: 1 }, Number(answer["amount"]), Number(answer["owed"]));
  if (kind !== "reinstate" || cause.kind !== "clawback") return null;
  const forgiven = Number(answer["forgiven"] ?? 0);
  const debt = Number(answer["debt"] ?? 0) + forgiven;
  return buildTurn({ id, at, sign: -1 }, Number(answer["amount"]) + forgiven, debt);
}

function buildTurn(
  { id, at, sign }: Pick<EntryDraft, "id" | "at"> & { readonly sign: 1 | -1 },
  units: number,
  unrecovered: number,
): RefundTurn {
  return {
    entryId: id,
    at,
    units: sign * units,
    unitsRecovered: sign * (units - unrecovered),
    unitsUnrecovered: sign * unrecovered,
  };
}

/** Sums lines by currency; different currencies never meet in one sum. */
export function refundTotals(lines: readonly RefundLine[]): readonly RefundTotal[] {
  const currencies = [...new Set(lines.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const own = lines.filter((line) => line.currency === currency);
    const sum = (read: (line: RefundLine) => number): number => own.reduce((total, line) => total + read(line), 0);
    return {
      currency,
      payments: own.length,
      returnedMinor: sum((line) => line.returnedMinor),
      disputedMinor: sum((line) => line.disputedMinor),
      recoveredMinor: sum((line) => line.recoveredMinor),
      unrecoveredMinor: sum((line) => line.unrecoveredMinor),
    };
  });
}
