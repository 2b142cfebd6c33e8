import Stripe from "stripe";
import { API_VERSION } from "../../functions-src/lib/adapters/stripe/gateway";
import type { Product } from "../start/start-product";

/** The simulated Stripe of a running product: its API as everybody calls it, and what buyers and banks do. */
export interface Simulator {
  readonly sdk: Stripe;
  readonly url: string;
  readonly webhookSecret: string;
  /** Uses the control plane. Throws: an Error with the answer when it refuses. */
  simulate(path: string, body: object): Promise<Readonly<Record<string, unknown>>>;
}

/** Connects to the simulator that a product was started with. Throws: an Error for a product without one. */
export function connectSimulator({ stripe }: Pick<Product, "stripe">): Simulator {
  if (stripe === null) throw new Error("Expected a product that was started with the simulator");
  const { url, secretKey, webhookSecret } = stripe;
  const { hostname, port } = new URL(url);
  return {
    sdk: new Stripe(secretKey, { host: hostname, port, protocol: "http", apiVersion: API_VERSION }),
    url,
    webhookSecret,
    simulate: async (path, body) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/_sim/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      const answer = (await response.json()) as Readonly<Record<string, unknown>>;
      if (!response.ok) throw new Error(`/_sim/${path} answered ${response.status}: ${JSON.stringify(answer)}`);
      return answer;
    },
  };
}
