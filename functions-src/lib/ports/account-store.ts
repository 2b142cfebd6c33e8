import type { Instant } from "../domain/instant";
import type { StripeMode } from "../domain/payment";
import type { Contest, Standing } from "../domain/standing";
import type { NotedRecord } from "./audit-log";

export type Role = "owner" | "admin" | "member";

/** That a Stripe customer is being made: whoever needs one asks Stripe in the same words until one is claimed. */
export interface CustomerWish {
  /** When Stripe was first asked; it forgets that after a day. */
  readonly askedAt: Instant;
  /** The customer that is gone; null = the account never had one. */
  readonly replaces: string | null;
  /** How many idempotency keys of the wish are spent, and when the last of them was. */
  readonly spentKeys: number;
  readonly spentAt: Instant | null;
}

/** A paying party. */
export interface Account extends Standing {
  readonly id: string;
  readonly members: readonly { readonly userId: string; readonly role: Role }[];
  /** The Stripe customer of each mode, claimed by the first checkout. */
  readonly stripeCustomers: Readonly<Partial<Record<StripeMode, string>>>;
  /** The Stripe customers that are being made, one a mode at most. */
  readonly customerWishes: Readonly<Partial<Record<StripeMode, CustomerWish>>>;
  readonly entitlementVersion: number;
  readonly createdAt: Instant;
}

/** A person who signs in. Personal data does not live here. */
export interface User {
  readonly id: string;
  readonly memberships: readonly { readonly accountId: string; readonly role: Role }[];
  /** Whether the sign-up grant was decided; until then every call of the user finishes it. */
  readonly signup: "pending" | "done";
  readonly createdAt: Instant;
}

/** A change of a standing. `recordOf` is told when it happened: never at or before the one before, whatever the clocks say. */
export interface StandingChange {
  readonly now: Instant;
  readonly change: (standing: Standing, contests: readonly Contest[]) => Standing;
  readonly recordOf: (before: Standing, after: Standing, at: Instant) => NotedRecord;
}

/** Accounts and their people. Writes are at majority; each is safe to repeat. */
export interface AccountStore {
  findUser(userId: string): Promise<User | null>;
  findAccount(accountId: string): Promise<Account | null>;
  /** Makes a user with an account of their own, both or neither; the one who comes second gets what the first made. */
  createUserWithAccount(user: {
    readonly userId: string;
    readonly accountId: string;
    readonly at: Instant;
  }): Promise<User>;
  /** Claims a mark for an account; answers who holds it. */
  claimIdentity(mark: { readonly id: string; readonly accountId: string; readonly at: Instant }): Promise<string>;
  finishSignup(userId: string): Promise<void>;
  /**
   * Changes the standing of an account and the gates of its wallets, with the record of it, in one transaction that also reads
   * what contests its payments; of two who decide at once one decides again. A change that changes nothing keeps no record.
   * Answers the standing as it is now; null = no such account.
   */
  changeStanding(accountId: string, change: StandingChange): Promise<Standing | null>;
  /**
   * Writes down that the account needs a Stripe customer, unless that is written or no longer so; answers the account as it is
   * then: with the wish that holds for all, or with the customer that somebody claimed meanwhile.
   */
  wishForCustomer(wish: {
    readonly accountId: string;
    readonly mode: StripeMode;
    readonly replaces: string | null;
    readonly at: Instant;
  }): Promise<Account>;
  /** Records that the key of a wish is spent; one that is recorded already stays as it is. */
  spendCustomerKey(spent: {
    readonly accountId: string;
    readonly mode: StripeMode;
    readonly wish: CustomerWish;
    readonly at: Instant;
  }): Promise<void>;
  /**
   * Claims a Stripe customer for an account and ends the wish for it, unless another took the place of `replaces` (null = of
   * none) before; answers the one that holds.
   */
  claimStripeCustomer(claim: {
    readonly accountId: string;
    readonly mode: StripeMode;
    readonly customerId: string;
    readonly replaces: string | null;
  }): Promise<string>;
}
