import { type Db, MongoClient } from "mongodb";
import { App, Credentials, type User } from "realm-web";
import { DATABASE_NAME } from "../../../functions-src/lib/adapters/mongo/schema/collections";
import type { Me } from "../../../functions-src/lib/contract";
import type { Simulator } from "../simulator";

const PASSWORD = "correct horse";

/** A runtime, as its callers reach it. */
export interface Door {
  readonly baseUrl: string;
  readonly appId: string;
}

/** What a wish is made on: runtimes that answer now, the simulated Stripe and the database behind them. */
export interface Stage {
  /** The runtimes that answer now. */
  doors(): readonly [Door, ...Door[]];
  simulator(): Simulator;
  mongodbUri(): string;
  adminKey(): string;
}

/** A person who signed up. */
export interface Person {
  readonly email: string;
  readonly userId: string;
  /** The account of their own. */
  readonly accountId: string;
}

let people = 0;

/** Registers a person at the first door. */
export async function signUp(stage: Stage): Promise<Person> {
  const [door] = stage.doors();
  const email = `once${(people += 1)}@example.org`;
  await newApp(door).emailPasswordAuth.registerUser({ email, password: PASSWORD });
  const user = await signIn(door, email);
  const { accounts } = (await user.callFunction("account/me", {})) as Me;
  return { email, userId: user.id, accountId: accounts[0]?.accountId ?? "" };
}

/** Signs a person in anew: sessions do not outlive the time that a proof jumps over. */
export function signIn(door: Door, email: string): Promise<User> {
  return newApp(door).logIn(Credentials.emailPassword(email, PASSWORD));
}

/** Signs the operator in. */
export function signInOperator(stage: Stage, door: Door): Promise<User> {
  return newApp(door).logIn(Credentials.apiKey(stage.adminKey()));
}

const newApp = ({ appId, baseUrl }: Door): App => new App({ id: appId, baseUrl });

/** Looks behind the front door, with a connection of its own: the database may have been restarted since. */
export async function withDatabase<T>(stage: Stage, work: (db: Db, client: MongoClient) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(stage.mongodbUri());
  try {
    return await work(client.db(DATABASE_NAME), client);
  } finally {
    await client.close();
  }
}

/** A document whose ids are texts, as all of the product's are. */
export interface Stored {
  readonly _id: string;
  readonly [field: string]: unknown;
}
