import type Stripe from "stripe";

/** A client whose calls are followed. */
export interface Recorded {
  readonly stripe: Stripe;
  /** Names the call that an answer came from, such as `customers.create`; undefined for anything that no call answered. */
  callOf(answer: object): string | undefined;
}

/** Wraps the SDK's client: every call goes through as it is, and its answer is remembered under the name of the method. */
export function recordCalls(client: Stripe): Recorded {
  const calls = new WeakMap<object, string>();
  return { stripe: followed(client, "", calls) as Stripe, callOf: (answer) => calls.get(answer) };
}

function followed(target: object, path: string, calls: WeakMap<object, string>): object {
  return new Proxy(target, {
    get: (of, name) => {
      const value: unknown = Reflect.get(of, name);
      if (typeof name !== "string" || name.startsWith("_")) return value;
      const at = path === "" ? name : `${path}.${name}`;
      if (typeof value === "object" && value !== null) return followed(value, at, calls);
      if (typeof value !== "function") return value;
      return (...given: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(value, of, given);
        if (answer instanceof Promise) void answer.then((object) => remember(calls, object, at), nothing);
        return answer;
      };
    },
  });
}

function remember(calls: WeakMap<object, string>, answer: unknown, call: string): void {
  if (typeof answer === "object" && answer !== null) calls.set(answer, call);
}

/** Refusals are for whoever made the call. */
function nothing(): void {
  return undefined;
}
