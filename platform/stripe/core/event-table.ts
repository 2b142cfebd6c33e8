import type { Change } from "./store";

type Types = readonly string[];
type Rule = (after: Record<string, unknown>, before: Record<string, unknown> | undefined) => Types;

const created =
  (name: string): Rule =>
  (after, before) =>
    before === undefined ? [`${name}.created`] : after["deleted"] === true ? [`${name}.deleted`] : [`${name}.updated`];

const INTENT_EVENTS: Readonly<Record<string, string>> = {
  succeeded: "payment_intent.succeeded",
  canceled: "payment_intent.canceled",
  processing: "payment_intent.processing",
  requires_action: "payment_intent.requires_action",
  requires_capture: "payment_intent.amount_capturable_updated",
};

/** Which events a change of an object makes, by kind of object; kinds that are not here make none. */
const RULES: Readonly<Record<string, Rule>> = {
  customer: created("customer"),
  product: created("product"),
  price: created("price"),
  coupon: created("coupon"),
  promotion_code: created("promotion_code"),
  payment_intent: (after, before) => {
    if (before === undefined) return ["payment_intent.created"];
    const told = INTENT_EVENTS[String(after["status"])];
    if (before["status"] !== after["status"] && told !== undefined) return [told];
    // A second decline leaves the status as it was, and is told all the same.
    const failed = after["last_payment_error"] !== null && before["last_payment_error"] !== after["last_payment_error"];
    return failed ? ["payment_intent.payment_failed"] : [];
  },
  setup_intent: (after, before) => {
    if (before === undefined) return ["setup_intent.created"];
    const told = ["succeeded", "canceled", "requires_action"].find((status) => status === after["status"]);
    if (before["status"] !== after["status"] && told !== undefined) return [`setup_intent.${told}`];
    const failed = after["last_setup_error"] !== null && before["last_setup_error"] !== after["last_setup_error"];
    return failed ? ["setup_intent.setup_failed"] : [];
  },
  payment_method: (after, before) => {
    if (before === undefined) return [];
    if (before["customer"] === after["customer"]) return ["payment_method.updated"];
    return after["customer"] === null ? ["payment_method.detached"] : ["payment_method.attached"];
  },
  charge: (after, before) => {
    if (before === undefined || before["status"] !== after["status"]) return [`charge.${String(after["status"])}`];
    if (before["captured"] !== after["captured"]) return ["charge.captured"];
    return before["amount_refunded"] === after["amount_refunded"] ? ["charge.updated"] : ["charge.refunded"];
  },
  "checkout.session": (after, before) => {
    if (before === undefined) return [];
    if (before["status"] === after["status"]) {
      const settled = before["status"] === "complete" && before["payment_status"] !== after["payment_status"];
      return settled ? ["checkout.session.async_payment_succeeded"] : [];
    }
    return after["status"] === "complete" ? ["checkout.session.completed"] : ["checkout.session.expired"];
  },
};

/** Names the events that a change makes, in the order of their creation. */
export function eventTypesOf({ kind, before, after, type }: Change): Types {
  if (type !== undefined) return [type];
  return RULES[kind]?.(after as Record<string, unknown>, before as Record<string, unknown> | undefined) ?? [];
}

/** Finds the old values of the keys that a change touched; nothing for events that are not updates. */
export function previousAttributesOf(type: string, { before, after }: Change): object | undefined {
  if (!/\.(updated|detached)$/.test(type) || before === undefined) return undefined;
  const now = after as Record<string, unknown>;
  const changed = Object.entries(before).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(now[key]));
  return Object.fromEntries(changed);
}
