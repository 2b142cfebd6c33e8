import { MongoClient } from "mongodb";
import { App, Credentials, type User } from "realm-web";
import type Stripe from "stripe";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { connectSimulator } from "../../scripts/prove/simulator";
import { readSettings } from "../../scripts/start/settings";
import { startProduct, type Product } from "../../scripts/start/start-product";
import { startTestDatabase } from "./embedded";

export { until } from "../../scripts/prove/until";

/** A running product with the clients a customer's engineer would hold. */
export interface ProductUnderTest extends Product {
  readonly client: MongoClient;
  readonly sdk: Stripe;
  /** Registers a person and signs them in. */
  signUp(email: string): Promise<User>;
  /** Signs in as the operator. */
  signInOperator(): Promise<User>;
  /** Uses the simulator's control plane. */
  simulate(path: string, body?: object): Promise<unknown>;
  /** The webhook's address. */
  readonly webhookUrl: string;
}

/** Starts the product in this process on free ports; `app/` was built by the check before. */
export async function startProductUnderTest(
  dataDir = ":memory:",
  variables: Readonly<Record<string, string>> = {},
): Promise<ProductUnderTest> {
  const lines: string[] = [];
  const settings = readSettings({ PORT: "0", DATA_DIR: dataDir, ...(await databaseVariables(dataDir)), ...variables });
  const product = await startProduct(settings, (line) => lines.push(line));
  const { stripe } = product;
  if (stripe === null) throw new Error("The product under test runs with the simulator");
  const client = await MongoClient.connect(product.mongodbUri);
  const newApp = (): App => new App({ id: product.appId, baseUrl: product.baseUrl });
  return {
    ...product,
    client,
    sdk: connectSimulator(product).sdk,
    webhookUrl: `${product.baseUrl}/app/${product.appId}/endpoint/stripe/webhook`,
    signUp: async (email) => {
      const app = newApp();
      await app.emailPasswordAuth.registerUser({ email, password: "correct horse" });
      return app.logIn(Credentials.emailPassword(email, "correct horse"));
    },
    signInOperator: () => newApp().logIn(Credentials.apiKey(product.adminKey)),
    simulate: async (path, body = {}) => {
      const response = await fetch(`${stripe.url}/_sim/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return response.json();
    },
    close: async () => {
      await client.close();
      await product.close();
    },
  };
}

/** Unset, the product starts its embedded server; else the database that TEST_DATABASE names, with the schema applied. */
async function databaseVariables(dataDir: string): Promise<Record<string, string>> {
  if ((process.env["TEST_DATABASE"] ?? "") === "") return {};
  const known = databases.get(dataDir);
  if (known !== undefined) return known;
  const { client, uri } = await startTestDatabase();
  await client.close();
  const variables = { MONGODB_URI: uri, TOLLKEEPER_ADMIN_KEY: "tk_admin_for_tests_only_000000" };
  if (dataDir !== ":memory:") databases.set(dataDir, variables);
  return variables;
}

/** The databases of data folders, so that a restart on the same folder finds its data. */
const databases = new Map<string, Record<string, string>>();

/** The product's database, for looking behind the front door. */
export function databaseOf(product: ProductUnderTest): ReturnType<MongoClient["db"]> {
  return product.client.db(DATABASE_NAME);
}

/** Moves the clock of a product whose time stands still; answers the new time. */
export async function advance(product: Pick<ProductUnderTest, "baseUrl">, body: object): Promise<number> {
  const init = { method: "POST", body: JSON.stringify(body) };
  const answer = (await (await fetch(`${product.baseUrl}/_dev/clock/advance`, init)).json()) as {
    readonly now?: string;
  };
  if (answer.now === undefined) throw new Error(`Time did not move: ${JSON.stringify(answer)}`);
  return Date.parse(answer.now);
}

/** Calls a function and gives its result the shape the test expects of it. */
export async function call<Result>(user: User, name: string, argument: object = {}): Promise<Result> {
  return (await user.callFunction(name, argument)) as Result;
}
