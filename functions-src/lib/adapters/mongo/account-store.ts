import { GOOD_STANDING } from "../../domain/standing";
import type { Account, AccountStore, User } from "../../ports/account-store";
import type { Database, StoredDocument } from "../../ports/collection";
import { StoreFailure } from "../../ports/wallet-store";
import { createCustomerClaims } from "./customer-claims";
import { inTransaction } from "./in-transaction";
import { ROLES, fromDbAccount } from "./account-mapping";
import { createStandings } from "./account-standing";
import { insertOnce } from "./insert-once";
import { fromDbDocument, fromDbInstant, fromDbList, fromDbText, fromDbWord, toDbInstant, toDbInteger } from "./mapping";

export const SIGNUP_STATES: readonly User["signup"][] = ["pending", "done"];

const MAX_TRIES = 10;
const RETRY_MS = 20;

/** Makes the store of accounts and users over the collections `accounts`, `users` and `identityMarks`. */
export function createAccountStore(database: Database): AccountStore {
  const accounts = database.collection("accounts");
  const users = database.collection("users");
  const marks = database.collection("identityMarks");

  const findUser = async (userId: string): Promise<User | null> => {
    const document = await users.findOne({ _id: userId });
    return document === null ? null : fromDbUser(document);
  };

  const findAccount = async (accountId: string): Promise<Account | null> => {
    const document = await accounts.findOne({ _id: accountId });
    return document === null ? null : fromDbAccount(document);
  };

  const requireAccount = async (accountId: string): Promise<Account> => {
    const account = await findAccount(accountId);
    if (account === null) throw new Error(`Expected the account ${accountId}, found none`);
    return account;
  };

  return {
    findUser,
    findAccount,
    createUserWithAccount: createSignup(database, findUser),
    claimIdentity: async ({ id, accountId, at }) => {
      await insertOnce(() => marks.insertMany([{ _id: id, schemaVersion: 1, accountId, at: toDbInstant(at) }]));
      const mark = await marks.findOne({ _id: id });
      return fromDbText(mark?.["accountId"], "accountId");
    },
    finishSignup: async (userId) => {
      await users.updateOne({ _id: userId }, { $set: { signup: "done" } });
    },
    changeStanding: createStandings(database),
    ...createCustomerClaims(accounts, requireAccount),
  };
}

/** Makes a user and their account, both or neither. */
function createSignup(database: Database, findUser: AccountStore["findUser"]): AccountStore["createUserWithAccount"] {
  const accounts = database.collection("accounts");
  const users = database.collection("users");
  const createBoth = async (user: NewUser): Promise<void> => {
    try {
      await inTransaction(database.openSession(), async (options) => {
        await users.insertMany([newUser(user)], options);
        await accounts.insertMany([newAccount(database, user)], options);
      });
    } catch (error) {
      // The trigger and the first call race here; the loser reads what the winner made.
      if (!(error instanceof StoreFailure)) throw error;
    }
  };

  return async (user) => {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      await createBoth(user);
      const made = await findUser(user.userId);
      if (made !== null) return made;
      // The winner of the race has not committed yet: what it makes is there in a moment, or gone with it.
      await new Promise((resolve) => setTimeout(resolve, tries * RETRY_MS));
    }
    return lostUser(user.userId);
  };
}

type NewUser = Parameters<AccountStore["createUserWithAccount"]>[0];

function newUser({ userId, accountId, at }: NewUser): Record<string, unknown> {
  return {
    _id: userId,
    schemaVersion: 1,
    memberships: [{ accountId, role: "owner" }],
    signup: "pending",
    createdAt: toDbInstant(at),
  };
}

function newAccount(database: Database, { userId, accountId, at }: NewUser): Record<string, unknown> {
  return {
    _id: accountId,
    schemaVersion: 1,
    ...GOOD_STANDING,
    standingAt: toDbInstant(at),
    members: [{ userId, role: "owner" }],
    stripeCustomers: {},
    entitlementVersion: toDbInteger(database, 1),
    createdAt: toDbInstant(at),
  };
}

function lostUser(userId: string): never {
  throw new Error(`User ${userId} was neither made nor found: another transaction holds it, try again`);
}

function fromDbUser(document: StoredDocument): User {
  return {
    id: fromDbText(document["_id"], "_id"),
    memberships: fromDbList(document["memberships"], "memberships", (element, path) => {
      const membership = fromDbDocument(element, path);
      return {
        accountId: fromDbText(membership["accountId"], `${path}.accountId`),
        role: fromDbWord(membership["role"], ROLES, `${path}.role`),
      };
    }),
    signup: fromDbWord(document["signup"], SIGNUP_STATES, "signup"),
    createdAt: fromDbInstant(document["createdAt"], "createdAt"),
  };
}
