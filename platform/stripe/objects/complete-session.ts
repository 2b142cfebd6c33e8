import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { redeem } from "./redeem";

/** Ends an open session well: its discount is used, its customer gets the name, its page is closed. */
export function completeSession(
  tx: Transaction,
  id: string,
  {
    payment,
    invoice = null,
    now,
  }: {
    readonly payment: "paid" | "unpaid" | "no_payment_required";
    /** What it was paid by, where the session asked for one. */
    readonly invoice?: string | null;
    readonly now: number;
  },
): Stripe.Checkout.Session {
  const session = tx.get("checkout.session", id);
  if (session === undefined || session.status !== "open") throw new Error(`The checkout session ${id} is not open`);
  const complete: Stripe.Checkout.Session = {
    ...session,
    invoice,
    payment_status: payment,
    status: "complete",
    url: null,
  };
  tx.put("checkout.session", complete);
  for (const { coupon, promotion_code: code } of session.discounts ?? []) {
    redeem(
      tx,
      { coupon: typeof coupon === "string" ? coupon : null, code: typeof code === "string" ? code : null },
      now,
    );
  }
  const name = session.customer_details?.name ?? null;
  const customer = typeof session.customer === "string" ? tx.get("customer", session.customer) : undefined;
  const renames = tx.get("checkout_details", id)?.updatesName === true && name !== null;
  if (renames && customer !== undefined && !("deleted" in customer)) {
    const before = customer as Stripe.Customer;
    if (before.name !== name) tx.put("customer", { ...before, name });
  }
  return complete;
}
