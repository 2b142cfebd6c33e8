import type { PaymentFact } from "../../domain/payment";
import type { Database, OperationOptions } from "../../ports/collection";
import { toDbInstant, toDbInteger } from "./mapping";

/** The collection `payments`: what Stripe collected per cause, and what was granted for it. */
export interface PaymentRecords {
  insert(payments: readonly PaymentFact[], options: OperationOptions): Promise<void>;
}

/** Opens the collection `payments`. */
export function createPaymentRecords(database: Database): PaymentRecords {
  const collection = database.collection("payments");
  return {
    insert: (payments, options) =>
      collection.insertMany(
        payments.map((payment) => ({
          _id: `${payment.accountId}:${payment.cause}`,
          accountId: payment.accountId,
          cause: payment.cause,
          schemaVersion: 1,
          mode: payment.mode,
          valueMinor: toDbInteger(database, payment.valueMinor),
          currency: payment.currency,
          packId: payment.packId,
          packVersion: payment.packVersion,
          quantity: payment.quantity,
          stripePaymentIntentId: payment.stripePaymentIntentId,
          unitsGranted: toDbInteger(database, payment.unitsGranted),
          paidAt: toDbInstant(payment.paidAt),
        })),
        options,
      ),
  };
}
