import type Stripe from "stripe";

/** The objects whose calls are proven, by their place in the SDK and in the order of the table. */
export const OBJECTS = [
  "customers",
  "paymentMethods",
  "products",
  "prices",
  "coupons",
  "promotionCodes",
  "checkout.sessions",
  "paymentIntents",
  "setupIntents",
  "charges",
  "balanceTransactions",
  "refunds",
  "disputes",
  "radar.earlyFraudWarnings",
  "invoices",
  "invoiceItems",
  "invoicePayments",
  "creditNotes",
  "events",
  "webhookEndpoints",
  "testHelpers.testClocks",
  "testHelpers.refunds",
  "testHelpers.customers",
] as const;

/** Parts of every resource that are no calls. */
const MACHINERY: ReadonlySet<string> = new Set([
  "constructor",
  "initialize",
  "basePath",
  "path",
  "requestDataProcessor",
]);

/** Names the methods that the SDK has for an object, as they are when it runs. Throws: an Error when the SDK does not have the object. */
export function documentedCalls(stripe: Stripe, object: string): readonly string[] {
  const resource = object
    .split(".")
    .reduce<unknown>((at, part) => (isObject(at) ? Reflect.get(at, part) : undefined), stripe);
  if (!isObject(resource)) throw new Error(`The stripe SDK has no ${object}`);
  const levels = [resource, Object.getPrototypeOf(resource) as object];
  const names = levels
    .flatMap((level) => Object.getOwnPropertyNames(level))
    .filter((name) => !name.startsWith("_") && !MACHINERY.has(name))
    .filter((name) => typeof Reflect.get(resource, name) === "function");
  return [...new Set(names)].map((name) => `${object}.${name}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
