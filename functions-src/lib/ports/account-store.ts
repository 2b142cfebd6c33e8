import type { Instant } from "../domain/instant";
import type { StripeMode } from "../domain/payment";
import type { Contest, Standing } from "../domain/standing";
import type { NotedRecord } from "./audit-log";

export type Role = "owner" | "admin" | "member";

/** A paying party. */
export interface Account extends Standing {
  readonly id: string;
  readonly members: readonly { readonly userId: string; readonly role: Role }[];
  /** The Stripe customer of each mode, claimed by the first checkout. */
  readonly stripeCustomers: Readonly<Partial<Record<StripeMode, string>>>;
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
  /** Puts another Stripe customer in the place of one that is gone; answers the one that holds. */
  replaceStripeCustomer(claim: {
    readonly accountId: string;
    readonly mode: StripeMode;
    readonly gone: string;
    readonly customerId: string;
  }): Promise<string>;
  /** Claims the Stripe customer of an account unless one is claimed; answers the one that holds. */
  claimStripeCustomer(claim: {
    readonly accountId: string;
    readonly mode: StripeMode;
    readonly customerId: string;
  }): Promise<string>;
}
