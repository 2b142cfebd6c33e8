import { App, Credentials, type User } from "realm-web";
import type { Product } from "../start/start-product";

/** A session lasts 60 days. */
const SESSION_MS = 25 * 86_400_000;

/** Who moves the time of a product that stands still, and signs in anew before a session is over. */
export interface Traveller {
  /** Moves time; answers the new instant. */
  advance(seconds: number): Promise<number>;
  /** Registers a person; the answer gives their session whenever it is asked. */
  signUp(email: string): Promise<() => Promise<User>>;
  operator(): Promise<User>;
}

/** Makes the traveller of a product that was started with a test clock. */
export function createTraveller(product: Pick<Product, "baseUrl" | "appId" | "adminKey">): Traveller {
  let clock = 0;
  const newApp = (): App => new App({ id: product.appId, baseUrl: product.baseUrl });
  const lasting = (signIn: () => Promise<User>): (() => Promise<User>) => {
    let session: { readonly user: Promise<User>; readonly since: number } | null = null;
    return () => {
      if (session === null || clock - session.since > SESSION_MS) session = { user: signIn(), since: clock };
      return session.user;
    };
  };
  return {
    advance: async (seconds) => {
      const init = { method: "POST", body: JSON.stringify({ seconds }) };
      const response = await fetch(`${product.baseUrl}/_dev/clock/advance`, init);
      const { now } = (await response.json()) as { readonly now?: string };
      if (now === undefined)
        throw new Error(`Time did not move by ${seconds} s: the clock answered ${response.status}`);
      clock = Date.parse(now);
      return clock;
    },
    signUp: async (email) => {
      await newApp().emailPasswordAuth.registerUser({ email, password: "correct horse" });
      return lasting(() => newApp().logIn(Credentials.emailPassword(email, "correct horse")));
    },
    operator: lasting(() => newApp().logIn(Credentials.apiKey(product.adminKey))),
  };
}
