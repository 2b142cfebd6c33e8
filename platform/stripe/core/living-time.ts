import type { Kind } from "./kinds";
import type { Transaction } from "./store";

type State = Pick<Transaction, "get">;

/** Kinds that live on the test clock of a customer, or that a call may name to say whose time it is. */
const LIVING: readonly Kind[] = [
  "customer",
  "payment_intent",
  "charge",
  "checkout.session",
  "invoice",
  "invoiceitem",
  "setup_intent",
  "payment_method",
  "credit_note",
  "refund",
  "dispute",
];

/** Names the test clock that an object lives on: its own, or that of its customer or its charge; null for the account's time. */
export function testClockOf(state: State, object: object): string | null {
  const own: unknown = Reflect.get(object, "test_clock");
  if (typeof own === "string") return own;
  const customer: unknown = Reflect.get(object, "customer");
  const known = typeof customer === "string" ? state.get("customer", customer) : undefined;
  const clock: unknown = known === undefined ? undefined : Reflect.get(known, "test_clock");
  if (typeof clock === "string") return clock;
  const charge: unknown = Reflect.get(object, "charge");
  const paid = customer === undefined && typeof charge === "string" ? state.get("charge", charge) : undefined;
  return paid === undefined ? null : testClockOf(state, paid);
}

/** Tells the time of an object. Units: unix seconds. */
export function timeOf(state: State, object: object, accountNow: number): number {
  return frozenTime(state, testClockOf(state, object)) ?? accountNow;
}

/** Tells the time of a call: that of the first object with a test clock among those it names. Units: unix seconds. */
export function timeOfCall(state: State, names: readonly unknown[], accountNow: number): number {
  for (const id of names) {
    if (typeof id !== "string") continue;
    const frozen = frozenTime(state, id);
    if (frozen !== undefined) return frozen;
    const object = LIVING.map((kind) => state.get(kind, id)).find((found) => found !== undefined);
    if (object !== undefined) return timeOf(state, object, accountNow);
  }
  return accountNow;
}

function frozenTime(state: State, clock: string | null): number | undefined {
  const known = clock === null ? undefined : state.get("test_helpers.test_clock", clock);
  return known === undefined || known.deleted === true ? undefined : known.frozen_time;
}
