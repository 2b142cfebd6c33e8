import type Stripe from "stripe";
import type { OBJECTS } from "./documented-calls";

/** What a step works with. */
export interface World {
  /** The client whose calls are being proven. */
  readonly stripe: Stripe;
  /** Another client, for what a step needs and is not about. */
  readonly given: Stripe;
  /**
   * Checks an answer, and by that counts its call as tried.
   * Throws: an Error that names what is not as it should be.
   */
  check(answer: object, expected: object): void;
  /** Does what buyers, banks and cardholders do. */
  simulate(path: string, body?: object): Promise<void>;
}

/** One use of some calls as Stripe's API reference shows them. */
export interface Step {
  readonly object: (typeof OBJECTS)[number];
  /** A sentence about what works. */
  readonly title: string;
  readonly run: (world: World) => Promise<void>;
}

/** A call that the simulator does not have: it is made all the same, and must be refused by name. */
export interface NotSimulated {
  readonly call: string;
  readonly why: string;
  readonly make: (stripe: Stripe) => Promise<unknown>;
}

/** Names the ids of a page, in their order. */
export function idsOf({ data }: { readonly data: readonly { readonly id: string }[] }): readonly string[] {
  return data.map(({ id }) => id);
}

/** Runs a call that must fail. Throws: an Error when it does not. */
export async function failureOf(call: Promise<unknown>): Promise<object> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("Expected the call to fail, and it did not");
}

/** Names the first of a page. Throws: an Error when it is empty. */
export function firstOf<T>({ data: [first] }: { readonly data: readonly T[] }): T {
  if (first === undefined) throw new Error("Expected a page with something on it, and it is empty");
  return first;
}
