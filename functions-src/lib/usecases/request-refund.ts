import { type Amount, toAmount } from "../domain/amount";
import { AppError } from "../domain/app-error";
import { chargeStepOf } from "../domain/charge-step";
import type { Instant } from "../domain/instant";
import type { MoneyBack } from "../domain/money-back";
import { returnedOf } from "../domain/money-back";
import type { RefundMessage } from "../domain/outbox-message";
import type { PaymentFact } from "../domain/payment";
import { type Refusal, refuse } from "../domain/refusal";
import type { OperationRef } from "../ports/operation-store";
import { recordOf } from "./audit";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { actorOf, identityOf, scopeOf } from "./operation";

/** A refund as an operator asks for it; `amountMinor` null gives back all that is left. */
export interface RefundInput {
  readonly key: string;
  readonly paymentId: string;
  readonly amountMinor: Amount | null;
  readonly reason: string;
}

/** What `admin/refund` answers: the refund is on its way, and its units are taken when Stripe has made it. */
export interface RefundAnswer {
  readonly ok: true;
  readonly replayed: boolean;
  readonly paymentId: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/**
 * Asks Stripe to give money of a payment back. The wish is stored before anything is sent, so that it survives a crash and is
 * sent once; units follow the money, never the wish.
 * Refuses: key_reused, exceeds_payment.
 * Throws: AppError `not_found` for an unknown payment, `invalid_input` for an amount that Stripe does not take in this currency,
 * `unavailable` when Stripe cannot be reached.
 */
export async function requestRefund(
  deps: Deps,
  caller: Caller,
  input: RefundInput,
  now: Instant,
): Promise<RefundAnswer | Refusal> {
  const payment = await requirePayment(deps, input.paymentId);
  const ref = { accountId: payment.accountId, scope: scopeOf(caller), key: input.key };
  const { fingerprint } = identityOf(deps.digest, caller, { useCase: "refund", key: input.key, input: { ...input } });
  const known = await deps.operations.find(ref);
  if (known !== null && known.fingerprint !== fingerprint) return refuse("key_reused");
  if (known !== null && known.answer !== null) return refundAnswer(payment, known.answer, "replayed");

  assertChargeStep(input.amountMinor, payment.currency);
  const refundableMinor = await refundable(deps, payment, `refund:${ref.scope}:${ref.key}`);
  const amountMinor = input.amountMinor ?? refundableMinor;
  if (amountMinor > refundableMinor || amountMinor === 0) return refuse("exceeds_payment", { refundableMinor });
  const operation = await deps.operations.open({ ...ref, useCase: "refund", fingerprint, at: now });
  if (operation.fingerprint !== fingerprint) return refuse("key_reused");
  // The time of the first try: one that comes again after a crash makes the same message and the same record.
  const { at } = operation;
  const { currency } = payment;
  const act = {
    at,
    actor: actorOf(caller),
    action: "refund" as const,
    accountId: payment.accountId,
    target: payment.cause,
    before: { refundableMinor, currency },
    after: { refundableMinor: refundableMinor - amountMinor, currency },
  };
  const noted = recordOf(deps.digest, act, { reason: input.reason, identity: input.key });
  await deps.outbox.put(refundMessage(payment, { ref, amountMinor, at }), noted);
  const answer = { amountMinor: String(amountMinor) };
  await deps.operations.finish(ref, answer);
  deps.log.info("refund_requested", { paymentId: payment.cause, amountMinor, by: caller.kind });
  return refundAnswer(payment, answer, "new");
}

function refundMessage(
  payment: PaidPayment,
  { ref, amountMinor, at }: { readonly ref: OperationRef; readonly amountMinor: Amount; readonly at: Instant },
): RefundMessage {
  return {
    kind: "stripe_refund",
    accountId: payment.accountId,
    causeKey: `refund:${ref.scope}:${ref.key}`,
    facts: {
      payment: payment.cause,
      paymentIntentId: payment.stripePaymentIntentId,
      amountMinor,
      currency: payment.currency,
    },
    at,
  };
}

function assertChargeStep(amountMinor: Amount | null, currency: string): void {
  const step = chargeStepOf(currency);
  if (amountMinor === null || amountMinor % step === 0) return;
  throw new AppError(
    "invalid_input",
    `amountMinor: expected a multiple of ${step}, as Stripe refunds ${currency}, got ${amountMinor}`,
  );
}

type PaidPayment = PaymentFact & { readonly stripePaymentIntentId: string };

async function requirePayment(deps: Deps, paymentId: string): Promise<PaidPayment> {
  const [, stripeId = ""] = paymentId.split(":");
  const link = await deps.links.find(deps.payments.mode, stripeId);
  const payment = link === null ? null : await deps.paymentRecords.find(link.accountId, paymentId);
  if (payment === null) {
    throw new AppError("not_found", `paymentId: expected the id of a payment such as pack:cs_..., got "${paymentId}"`);
  }
  const { stripePaymentIntentId } = payment;
  if (stripePaymentIntentId === null) {
    throw new AppError("not_found", `paymentId: expected a payment with money, "${paymentId}" cost nothing`);
  }
  return { ...payment, stripePaymentIntentId };
}

/** What is left of the payment after Stripe's refunds and credit notes, and the refunds on their way; a wish of the same key does not count twice. */
async function refundable(deps: Deps, payment: PaidPayment, ownCauseKey: string): Promise<Amount> {
  const pending = await deps.outbox.listPendingRefunds(payment.accountId);
  const onTheirWay = pending
    .filter(({ message }) => message.facts.payment === payment.cause && message.causeKey !== ownCauseKey)
    .reduce((sum, { message }) => sum + message.facts.amountMinor, 0);
  // Read after the pending ones: what was sent in between is counted twice and never left out.
  const money: MoneyBack = await deps.payments.loadMoneyBack(payment);
  return toAmount(Math.max(0, payment.valueMinor - returnedOf(money) - onTheirWay));
}

function refundAnswer(
  payment: PaymentFact,
  answer: Readonly<Record<string, string>>,
  from: "new" | "replayed",
): RefundAnswer {
  return {
    ok: true,
    replayed: from === "replayed",
    paymentId: payment.cause,
    amountMinor: Number(answer["amountMinor"]),
    currency: payment.currency,
  };
}
