import type { Collection, Db } from "mongodb";
import type { User } from "realm-web";
import type { Me } from "../../functions-src/lib/contract";
import { call, databaseOf, type ProductUnderTest } from "../support/product";

/** Who plays in a history: a person with two accounts, the operator, and the account of somebody else. */
export interface Cast {
  readonly person: User;
  readonly operator: User;
  readonly mine: string;
  readonly partner: string;
  readonly stranger: string;
}

/** Signs everybody up; `name` makes the person's address. */
export async function signUpCast(product: ProductUnderTest, name: string): Promise<Cast> {
  const person = await product.signUp(`${name}@example.org`);
  const mine = await accountOf(person);
  const partner = await accountOf(await product.signUp("partner@example.org"));
  const stranger = await accountOf(await product.signUp("stranger@example.org"));
  await ownBoth(databaseOf(product), person, [mine, partner]);
  return { person, operator: await product.signInOperator(), mine, partner, stranger };
}

/** A collection of the product's database, for setting what no call can set. */
export function collectionOf(product: ProductUnderTest, name: string): Collection<{ _id: string }> {
  return databaseOf(product).collection<{ _id: string }>(name);
}

/** Makes a person the owner of two accounts: no call does that yet, so it is written directly. */
export async function ownBoth(database: Db, person: User, [own, other]: readonly [string, string]): Promise<void> {
  const members = [{ userId: person.id, role: "owner" }];
  await database.collection<{ _id: string }>("accounts").updateOne({ _id: other }, { $set: { members } });
  const memberships = [own, other].map((accountId) => ({ accountId, role: "owner" }));
  await database.collection<{ _id: string }>("users").updateOne({ _id: person.id }, { $set: { memberships } });
}

/** The account that a person got at sign-up. */
export async function accountOf(user: User): Promise<string> {
  const id = (await call<Me>(user, "account/me")).accounts[0]?.accountId;
  if (id === undefined) throw new Error("A person who signed up has no account");
  return id;
}
