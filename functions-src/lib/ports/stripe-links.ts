import type { Instant } from "../domain/instant";
import type { StripeMode } from "../domain/payment";

/** Which account and cause a Stripe object belongs to. */
export interface StripeLink {
  readonly mode: StripeMode;
  readonly stripeId: string;
  readonly accountId: string;
  readonly cause: string;
  readonly at: Instant;
}

/** The links from Stripe's ids to ours. */
export interface StripeLinkStore {
  /** Stores a link unless it is known. */
  put(link: StripeLink): Promise<void>;
  find(mode: StripeMode, stripeId: string): Promise<Pick<StripeLink, "accountId" | "cause"> | null>;
}
