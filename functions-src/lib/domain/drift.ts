import { type CheckoutFacts, decideCheckout, packCauseOf } from "./checkout";
import type { Instant } from "./instant";
import type { PaymentFact } from "./payment";

/**
 * How we and Stripe can disagree. `missing_here`: Stripe has it, we do not. `missing_there`: we have it, Stripe does not.
 * `amount`, `state`: both have it and say different things. `duplicate`: one payment stands behind two grants. `orphan`: it names an
 * account that does not exist. `wrong_mode`: real money among tests, or the reverse.
 */
export const DRIFT_TYPES = [
  ...(["missing_here", "missing_there", "amount", "state", "duplicate", "orphan", "wrong_mode"] as const),
] as const;
export type DriftType = (typeof DRIFT_TYPES)[number];

/** What was done: mended by the ordinary path, left for a run that is no dry one, or left for an operator. */
export const DRIFT_ACTIONS = ["repaired", "proposed", "alerted"] as const;

/** One disagreement. Shape: `here` and `there` are what each side said, in words; `after` is what we say after a repair. */
export interface Drift {
  readonly type: DriftType;
  readonly stripeId: string;
  readonly accountId: string | null;
  readonly here: string;
  readonly there: string;
  readonly after: string | null;
  readonly action: (typeof DRIFT_ACTIONS)[number];
  readonly at: Instant;
}

/** A disagreement as it was found, before anything was done. */
export type FoundDrift = Pick<Drift, "type" | "stripeId" | "accountId" | "here" | "there">;

/** Compares a checkout session with what we made of it; null = we agree, or nothing is to be made of it. */
export function compareCheckout(
  facts: CheckoutFacts,
  ours: { readonly payment: PaymentFact | null; readonly accountExists: boolean },
): FoundDrift | null {
  const decision = decideCheckout(facts);
  if (decision.kind === "ignore") return null;
  const { accountId } = decision.order;
  const about = { stripeId: facts.sessionId, accountId, there: checkoutInWords(facts) };
  if (!ours.accountExists) return { ...about, type: "orphan", here: `no account ${accountId}` };
  const { payment } = ours;
  if (payment === null) return { ...about, type: "missing_here", here: `no payment ${packCauseOf(facts.sessionId)}` };
  const here = paymentInWords(payment);
  if (payment.mode !== facts.mode) return { ...about, type: "wrong_mode", here };
  const isSame = payment.valueMinor === facts.valueMinor && payment.currency === facts.currency;
  return isSame ? null : { ...about, type: "amount", here };
}

/** A session in words. */
export function checkoutInWords({ mode, status, paymentStatus, valueMinor, currency }: CheckoutFacts): string {
  return `${mode} session ${status}, ${paymentStatus}, ${valueMinor} ${currency}`;
}

/** A payment in words. */
export function paymentInWords(payment: PaymentFact): string {
  const { mode, valueMinor, currency, unitsGranted, unitsTaken, returnedMinor, disputedMinor, frozenBy } = payment;
  const claims = `returned ${returnedMinor}, lost ${disputedMinor}, ${unitsTaken} of ${unitsGranted} units taken`;
  const frozen = frozenBy.length === 0 ? "" : `, frozen by ${frozenBy.join(", ")}`;
  return `${mode} payment of ${valueMinor} ${currency}, ${claims}${frozen}`;
}
