import type { Instant } from "../domain/instant";
import type { PaymentClaims, PaymentFact } from "../domain/payment";

/** What Stripe collected per cause, what was granted for it, and what stands against it. */
export interface PaymentRecords {
  find(accountId: string, cause: string): Promise<PaymentFact | null>;
  /** Payments whose claims time changes until an instant, the longest due first. */
  /** Payments whose claims changed last in a period, the longest ago first. */
  listClaimed(page: {
    readonly from: Instant;
    readonly to: Instant;
    readonly limit: number;
  }): Promise<readonly PaymentFact[]>;
  listDue(page: { readonly until: Instant; readonly limit: number }): Promise<readonly PaymentFact[]>;
  /** Payments since an instant, of an account or of everybody, in the order of their ids. */
  listSince(page: { readonly since: Instant; readonly accountId: string | null }): AsyncIterable<PaymentFact>;
  /** Changes claims that mean nothing for the wallet, on a payment that still has the revision before; answers whether it had. */
  updateClaims(payment: Pick<PaymentFact, "accountId" | "cause">, claims: PaymentClaims): Promise<boolean>;
}
