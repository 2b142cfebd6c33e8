import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { openDispute } from "./open-dispute";
import { openWarning } from "./open-warning";
import type { TestCard } from "./test-cards";

/** Does what a test card brings after its charge was paid. */
export function followPayment(tx: Transaction, charge: Stripe.Charge, { aftermath }: TestCard, now: number): void {
  switch (aftermath?.kind) {
    case undefined:
      return;
    case "dispute":
      openDispute(tx, charge, { ...aftermath, now });
      return;
    case "fraud_warning":
      openWarning(tx, charge, { ...aftermath, now });
      return;
    case "refunds":
      tx.putQuietly("charge_details", { id: charge.id, refundCourse: aftermath.course });
  }
}
