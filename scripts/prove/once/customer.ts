import type Stripe from "stripe";
import { packCheckout } from "../pack";
import { type Person, type Stage, type Stored, signIn, signUp, withDatabase } from "./stage";
import { type Subject, callTogether, differences } from "./wish";

/** The first checkouts of an account, by two members with different e-mail addresses: one Stripe customer has to come. */
export const customerSubject: Subject = {
  name: "customer",
  work: { method: "POST", path: "/v1/customers" },
  callers: 2,
  between: { method: "POST", path: "/v1/customers/*" },
  outboxKind: null,
  prepare: async (stage) => {
    const owner = await signUp(stage);
    const { accountId } = owner;
    const members = [owner, await joinAccount(stage, accountId)];
    let keys = 0;
    return {
      accountId,
      ask: (doors) => {
        keys = doors.length * members.length;
        const callers = doors.flatMap((door, index) =>
          members.map(({ email }, member) => ({ door, email, key: `buy-${member}-${index}` })),
        );
        return callTogether(
          callers.map(({ door, email }) => signIn(door, email)),
          (user, index) =>
            user.callFunction("billing/checkout", { ...packCheckout(callers[index]?.key ?? "none"), accountId }),
        );
      },
      count: async () => {
        const ours = (await customers(stage)).filter(({ metadata }) => metadata["accountId"] === accountId);
        const account = await accountOf(stage, accountId);
        const { test } = account.stripeCustomers;
        const { sdk } = stage.simulator();
        const sessions =
          test === undefined ? [] : (await sdk.checkout.sessions.list({ customer: test, limit: 100 })).data;
        return {
          atStripe: ours.length,
          inBooks: test === undefined ? 0 : 1,
          isEnded: test !== undefined && account.customerWishes?.test === undefined,
          wrong: differences({
            customers: [ours.map(({ id }) => id), [test]],
            sessions: [sessions.length, keys],
          }),
        };
      },
    };
  },
};

function customers(stage: Stage): Promise<Stripe.Customer[]> {
  return stage.simulator().sdk.customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
}

interface AccountRow {
  readonly _id: string;
  readonly stripeCustomers: { readonly test?: string };
  readonly customerWishes?: { readonly test?: unknown };
}

function accountOf(stage: Stage, accountId: string): Promise<AccountRow> {
  return withDatabase(stage, async (db) => {
    const account = await db.collection<AccountRow>("accounts").findOne({ _id: accountId });
    if (account === null) throw new Error(`Expected the account ${accountId}, found none`);
    return account;
  });
}

/** Makes another member of an account; nothing invites one yet, so that is written directly. */
async function joinAccount(stage: Stage, accountId: string): Promise<Person> {
  const person = await signUp(stage);
  const { userId } = person;
  await withDatabase(stage, async (db) => {
    const member = { $push: { members: { userId, role: "owner" } } } as object;
    await db.collection<Stored>("accounts").updateOne({ _id: accountId }, member);
    const membership = { $push: { memberships: { accountId, role: "owner" } } } as object;
    await db.collection<Stored>("users").updateOne({ _id: userId }, membership);
  });
  return person;
}
