import type Stripe from "stripe";
import { z } from "zod";
import type { WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { integer, text } from "../http/parameters";
import { invalidRequest, notSimulated, resourceMissing } from "../http/stripe-error";
import { formatAmount } from "../money/currency";
import { assertNotHeld } from "./dispute-money";
import { paidIntentsOf } from "./invoice-payments";
import { isLive } from "./move-refund";

const MOST = 999_999_999_999;

/** Parameters by which a credit note gives money back: a refund that is to be made, and refunds that were made. */
export const noteRefundFields = {
  refund_amount: integer(0, MOST).optional(),
  refunds: z
    .array(
      z.strictObject({
        amount_refunded: integer(1, MOST).optional(),
        refund: text().optional(),
        type: z.enum(["refund", "payment_record_refund"]).default("refund"),
      }),
    )
    .min(1)
    .max(100)
    .optional(),
};

const parameters = z.object(noteRefundFields);
type Fields = z.output<typeof parameters>;

/** What a credit note gives back by refunds. Units: minor units. */
export interface NoteRefunds {
  readonly total: number;
  readonly linked: readonly Stripe.CreditNote.Refund[];
  /** The refund that is to be made; null for none. */
  readonly fresh: { readonly charge: string; readonly amount: number } | null;
}

/**
 * Plans the refunds of a credit note.
 * Refuses, in this order: a linked refund that is of payment records, is not there, is not of a payment of the invoice, has failed, is named
 * twice or has less left than is linked; a new refund of an invoice that no charge has paid, of a charge that a dispute holds, of more than is left.
 */
export function planNoteRefunds(tx: Transaction, fields: Fields, invoice: WireInvoice): NoteRefunds {
  const linked = (fields.refunds ?? []).map((given, index) =>
    linkRefund(tx, given, { invoice, at: `refunds[${index}]` }),
  );
  const twice = linked.findIndex(({ refund }, index) => linked.findIndex((other) => other.refund === refund) !== index);
  if (twice >= 0) {
    throw invalidRequest("A refund can be linked to a credit note only once.", { param: `refunds[${twice}][refund]` });
  }
  const amount = fields.refund_amount ?? 0;
  const fresh = amount === 0 ? null : { charge: refundableCharge(tx, invoice, amount), amount };
  return { total: linked.reduce((sum, one) => sum + one.amount_refunded, amount), linked, fresh };
}

/** Shows a refund on its credit note. */
export function noteRefund(refund: string, amount: number): Stripe.CreditNote.Refund {
  return { amount_refunded: amount, payment_record_refund: null, refund, type: "refund" };
}

function linkRefund(
  tx: Transaction,
  given: NonNullable<Fields["refunds"]>[number],
  { invoice, at }: { readonly invoice: WireInvoice; readonly at: string },
): Stripe.CreditNote.Refund {
  const param = `${at}[refund]`;
  if (given.type !== "refund") throw notSimulated("refunds of payment records", `${at}[type]`);
  if (given.refund === undefined) {
    throw invalidRequest(`Missing required param: ${param}.`, { code: "parameter_missing", param });
  }
  const refund = tx.get("refund", given.refund);
  if (refund === undefined) throw resourceMissing("refund", given.refund, param);
  if (!paidIntentsOf(tx, invoice.id).some(({ id }) => id === refund.payment_intent)) {
    throw invalidRequest(`The refund ${refund.id} does not refund a payment of this invoice.`, { param });
  }
  if (!isLive(refund)) {
    throw invalidRequest(`The refund ${refund.id} cannot be linked: it has a status of ${String(refund.status)}.`, {
      param,
    });
  }
  const left = refund.amount - linkedOf(tx, refund.id);
  const amount = given.amount_refunded ?? refund.amount;
  if (amount > left) {
    throw invalidRequest(
      `The amount to link (${formatAmount(amount, invoice.currency)}) is greater than what is left of the refund (${formatAmount(left, invoice.currency)}).`,
      { param: given.amount_refunded === undefined ? param : `${at}[amount_refunded]` },
    );
  }
  return noteRefund(refund.id, amount);
}

/** Tells how much of a refund stands on credit notes already. */
function linkedOf(tx: Transaction, refund: string): number {
  return tx
    .list("credit_note")
    .filter(({ status }) => status !== "void")
    .flatMap(({ refunds }) => refunds)
    .filter((one) => one.refund === refund)
    .reduce((sum, one) => sum + one.amount_refunded, 0);
}

function refundableCharge(tx: Transaction, invoice: WireInvoice, amount: number): string {
  const param = "refund_amount";
  const charge = paidIntentsOf(tx, invoice.id)
    .map(({ latest_charge: id }) => (typeof id === "string" ? tx.get("charge", id) : undefined))
    .find((found) => found?.paid === true);
  if (charge === undefined) {
    throw invalidRequest("This invoice was not paid by a charge, so nothing can be refunded.", { param });
  }
  assertNotHeld(tx, charge);
  const left = charge.amount_captured - charge.amount_refunded;
  if (amount > left) {
    throw invalidRequest(
      `Refund amount (${formatAmount(amount, invoice.currency)}) is greater than unrefunded amount on charge (${formatAmount(left, invoice.currency)})`,
      { param },
    );
  }
  return charge.id;
}
