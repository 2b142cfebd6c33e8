import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import { SPENT_KEY_REST_MS, isKeySpent, isLookNeeded } from "../domain/stripe-key-life";
import type { CustomerWish } from "../ports/account-store";
import type { Caller } from "./caller";
import type { Deps } from "./deps";

/** For which account a Stripe customer is needed, and which one it replaces. */
export interface CustomerNeed {
  readonly caller: Caller;
  readonly accountId: string;
  /** The customer that is gone at Stripe; null = the account never had one. */
  readonly gone: string | null;
}

/**
 * Makes a Stripe customer and claims it for the account. The wish is written down before Stripe is asked, and everybody asks in
 * its words: of several members at once, and of a call that comes again days after its answer was lost, one customer comes.
 * Throws: AppError `unavailable` when Stripe cannot be reached (try again).
 */
export async function claimCustomer(
  deps: Deps,
  { caller, accountId, gone }: CustomerNeed,
  now: Instant,
): Promise<string> {
  const { mode } = deps.payments;
  const account = await deps.accounts.wishForCustomer({ accountId, mode, replaces: gone, at: now });
  const holder = account.stripeCustomers[mode] ?? null;
  if (holder !== null && holder !== gone) return holder;
  const wish = account.customerWishes[mode];
  if (wish === undefined)
    throw new AppError("bug", `Account ${accountId} has neither a Stripe customer nor a wish for one`);

  const customerId = await obtainCustomer(deps, { accountId, wish }, now);
  // The e-mail address is no part of the wish: members who ask at once have different ones, and we store none of them.
  const email = caller.kind === "user" ? caller.email : null;
  if (email !== null) await deps.payments.setCustomerEmail({ customerId, email });
  return deps.accounts.claimStripeCustomer({ accountId, mode, customerId, replaces: gone });
}

async function obtainCustomer(
  deps: Deps,
  { accountId, wish }: { readonly accountId: string; readonly wish: CustomerWish },
  now: Instant,
): Promise<string> {
  const { mode } = deps.payments;
  const { replaces, spentKeys, spentAt, askedAt } = wish;
  if (spentAt !== null && now < spentAt + SPENT_KEY_REST_MS) {
    throw new AppError("unavailable", "Stripe failed to make a customer: try again in two minutes, with the same key");
  }
  const found = isLookNeeded({ firstSentAt: askedAt, spentKeys }, now)
    ? await deps.payments.findCustomer({ accountId, except: replaces })
    : null;
  if (found !== null) return found;
  const idempotencyKey = deps.digest.json({ useCase: "customer", accountId, mode, replaces, spentKeys });
  try {
    return await deps.payments.createCustomer({ idempotencyKey, accountId });
  } catch (error) {
    if (isKeySpent(error)) await deps.accounts.spendCustomerKey({ accountId, mode, wish, at: now });
    throw error;
  }
}
