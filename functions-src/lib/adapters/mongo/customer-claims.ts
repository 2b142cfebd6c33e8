import type { StripeMode } from "../../domain/payment";
import type { Account, AccountStore, CustomerWish } from "../../ports/account-store";
import type { Collection } from "../../ports/collection";
import {
  fromDbDocument,
  fromDbInstant,
  fromDbInstantOrNull,
  fromDbInteger,
  fromDbText,
  fromDbTextOrNull,
  toDbInstant,
} from "./mapping";

/** Makes the calls about the Stripe customers of accounts. */
export function createCustomerClaims(
  accounts: Collection,
  requireAccount: (accountId: string) => Promise<Account>,
): Pick<AccountStore, "wishForCustomer" | "spendCustomerKey" | "claimStripeCustomer"> {
  return {
    wishForCustomer: async ({ accountId, mode, replaces, at }) => {
      const field = `customerWishes.${mode}`;
      const wish = { askedAt: toDbInstant(at), replaces, spentKeys: 0, spentAt: null };
      const needed = { ...whereCustomerIs(accountId, mode, replaces), [field]: { $exists: false } };
      await accounts.updateOne(needed, { $set: { [field]: wish } });
      return requireAccount(accountId);
    },
    spendCustomerKey: async ({ accountId, mode, wish: { spentKeys, replaces }, at }) => {
      const field = `customerWishes.${mode}`;
      const same = { [`${field}.spentKeys`]: spentKeys, [`${field}.replaces`]: replaces };
      const change = { [`${field}.spentKeys`]: spentKeys + 1, [`${field}.spentAt`]: toDbInstant(at) };
      await accounts.updateOne({ _id: accountId, ...same }, { $set: change });
    },
    claimStripeCustomer: async ({ accountId, mode, customerId, replaces }) => {
      const change = { $set: { [`stripeCustomers.${mode}`]: customerId }, $unset: { [`customerWishes.${mode}`]: "" } };
      await accounts.updateOne(whereCustomerIs(accountId, mode, replaces), change);
      const { stripeCustomers } = await requireAccount(accountId);
      return fromDbText(stripeCustomers[mode], `stripeCustomers.${mode}`);
    },
  };
}

/** An account whose Stripe customer is still the one that is replaced, or still none. */
function whereCustomerIs(accountId: string, mode: StripeMode, replaces: string | null): Record<string, unknown> {
  return { _id: accountId, [`stripeCustomers.${mode}`]: replaces ?? { $exists: false } };
}

/** Reads the wishes for Stripe customers; an account that never had one has no such field. */
export function fromDbWishes(value: unknown): Account["customerWishes"] {
  const wishes = value === undefined ? {} : fromDbDocument(value, "customerWishes");
  return Object.fromEntries(
    Object.entries(wishes).map(([mode, element]): [string, CustomerWish] => {
      const path = `customerWishes.${mode}`;
      const wish = fromDbDocument(element, path);
      return [
        mode,
        {
          askedAt: fromDbInstant(wish["askedAt"], `${path}.askedAt`),
          replaces: fromDbTextOrNull(wish["replaces"], `${path}.replaces`),
          spentKeys: fromDbInteger(wish["spentKeys"], `${path}.spentKeys`),
          spentAt: fromDbInstantOrNull(wish["spentAt"], `${path}.spentAt`),
        },
      ];
    }),
  );
}
