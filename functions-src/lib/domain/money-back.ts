import { type Amount, toAmount } from "./amount";
import type { Instant } from "./instant";
import { mulDiv } from "./mul-div";
import type { PaymentClaims, PaymentFact } from "./payment";
import type { Contest } from "./standing";
import { earliest } from "./wallet";

/** Longer than this a fraud warning does not freeze, whatever became of it. */
const WARNING_FREEZE_MS = 30 * 86_400_000;

/** What Stripe says now of the money of one payment; amounts in the smallest unit of the payment's currency. */
export interface MoneyBack {
  readonly refunds: readonly {
    readonly id: string;
    readonly status: "pending" | "requires_action" | "succeeded" | "failed" | "canceled";
    readonly amountMinor: Amount;
  }[];
  /** What credit notes gave to the customer's balance or out of band; what they refunded stands among the refunds. */
  readonly credits: readonly { readonly id: string; readonly amountMinor: Amount }[];
  readonly disputes: readonly {
    readonly id: string;
    /** `inquiry`: a question that moves no money. `open`: the money is held. `lost`, also while an appeal runs. `closed`: it is ours. */
    readonly state: "inquiry" | "open" | "lost" | "closed";
    readonly amountMinor: Amount;
    /** Whether the cardholder says it was not them. */
    readonly fraud: boolean;
  }[];
  readonly warnings: readonly { readonly id: string; readonly actionable: boolean; readonly at: Instant }[];
}

/** What Stripe says of a payment that nobody asks back. */
export const NO_MONEY_BACK: MoneyBack = { refunds: [], credits: [], disputes: [], warnings: [] };

/**
 * Decides what stands against a payment: one target that every refund, dispute and repeat of either leads to.
 * A refund counts from its making on, until it fails; a credit note counts with what no refund carries. Refunds and lost disputes together never take more than was granted; the
 * share is rounded up on the sum, so that parts never take less than the whole. Open disputes and fraud warnings freeze.
 */
export function claimsOf(payment: PaymentFact, money: MoneyBack, now: Instant): PaymentClaims {
  const lost = money.disputes.filter(({ state }) => state === "lost");
  const returnedMinor = returnedOf(money);
  const disputedMinor = sumOf(lost);
  const freezing = money.warnings.filter((warning) => freezes(warning, now));
  return {
    returnedMinor,
    disputedMinor,
    unitsTaken: unitsFor(payment, returnedMinor + disputedMinor),
    frozenBy: [
      ...money.disputes.filter(({ state }) => state === "open").map(({ id }) => id),
      ...freezing.map(({ id }) => id),
    ].sort(),
    contests: contestsOf(money),
    recheckAt: earliest(freezing.map(({ at }) => at + WARNING_FREEZE_MS)),
    claimsAt: now,
    revision: payment.revision + 1,
  };
}

function contestsOf({ disputes }: MoneyBack): readonly Contest[] {
  return disputes
    .filter(({ state, fraud }) => state === "open" || (state === "lost" && fraud))
    .map(({ id, state, fraud }) => ({ disputeId: id, open: state === "open", fraud }))
    .sort((left, right) => (left.disputeId < right.disputeId ? -1 : 1));
}

function sumOf(parts: readonly { readonly amountMinor: Amount }[]): Amount {
  return toAmount(parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0));
}

/** The units that so much money paid for; nothing when nothing was paid. */
function unitsFor({ unitsGranted, valueMinor }: PaymentFact, backMinor: number): Amount {
  if (valueMinor === 0) return toAmount(0);
  return mulDiv(unitsGranted, toAmount(Math.min(backMinor, valueMinor)), valueMinor, "up");
}

function freezes({ actionable, at }: MoneyBack["warnings"][number], now: Instant): boolean {
  return actionable && now < at + WARNING_FREEZE_MS;
}

/** The money of refunds that are on their way or done, and of credit notes that no refund carries. */
export function returnedOf({ refunds, credits }: MoneyBack): Amount {
  return sumOf([...refunds.filter(({ status }) => status !== "failed" && status !== "canceled"), ...credits]);
}

/** Tells whether two claims say the same, whatever their revision. */
export function isSameClaims(left: PaymentClaims, right: PaymentClaims): boolean {
  return (
    isSameUnits(left, right) &&
    left.returnedMinor === right.returnedMinor &&
    left.disputedMinor === right.disputedMinor &&
    left.recheckAt === right.recheckAt &&
    isSameContests(left.contests, right.contests)
  );
}

function isSameContests(left: readonly Contest[], right: readonly Contest[]): boolean {
  const words = (contests: readonly Contest[]): string =>
    contests.map(({ disputeId, open, fraud }) => `${disputeId}:${String(open)}:${String(fraud)}`).join();
  return words(left) === words(right);
}

/** Tells whether two claims mean the same for the wallet: a cent that goes back may not be worth a unit more. */
export function isSameUnits(left: PaymentClaims, right: PaymentClaims): boolean {
  return left.unitsTaken === right.unitsTaken && left.frozenBy.join() === right.frozenBy.join();
}
