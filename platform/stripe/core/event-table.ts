import { MONEY_BACK_RULES, type EventRule } from "./money-back-events";
import type { Change } from "./store";

type Types = readonly string[];
type Rule = EventRule;

const created =
  (name: string): Rule =>
  (after, before) =>
    before === undefined ? [`${name}.created`] : after["deleted"] === true ? [`${name}.deleted`] : [`${name}.updated`];

/** What an invoice tells when it comes to a status. */
const INVOICE_MOVES: Readonly<Record<string, Types>> = {
  open: ["invoice.finalized"],
  paid: ["invoice.paid", "invoice.payment_succeeded"],
  void: ["invoice.voided"],
  uncollectible: ["invoice.marked_uncollectible"],
};
/** Tells whether a number grew. */
const grew = (key: string, after: Record<string, unknown>, before: Record<string, unknown>): boolean =>
  Number(after[key]) > Number(before[key]);
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
  tax_id: created("customer.tax_id"),
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
    return grew("amount_refunded", after, before) ? ["charge.refunded"] : ["charge.updated"];
  },
  "checkout.session": (after, before) => {
    if (before === undefined) return [];
    if (before["status"] === after["status"]) {
      const settled = before["status"] === "complete" && before["payment_status"] !== after["payment_status"];
      return settled ? ["checkout.session.async_payment_succeeded"] : [];
    }
    return after["status"] === "complete" ? ["checkout.session.completed"] : ["checkout.session.expired"];
  },
  invoiceitem: created("invoiceitem"),
  invoice: (after, before) => {
    if (before === undefined) return ["invoice.created"];
    if (after["deleted"] === true) return ["invoice.deleted"];
    if (before["status"] !== after["status"]) {
      const paidElsewhere = before["amount_paid_off_stripe"] !== after["amount_paid_off_stripe"];
      const overpaid = after["status"] === "paid" && Number(after["amount_overpaid"]) > 0;
      const moved = [...(INVOICE_MOVES[String(after["status"])] ?? []), ...(overpaid ? ["invoice.overpaid"] : [])];
      return ["invoice.updated", ...moved.filter((type) => !paidElsewhere || type !== "invoice.payment_succeeded")];
    }
    const failed = before["attempt_count"] !== after["attempt_count"];
    return failed ? ["invoice.updated", "invoice.payment_failed"] : ["invoice.updated"];
  },
  invoice_payment: (after, before) =>
    after["status"] === "paid" && before?.["status"] !== "paid" ? ["invoice_payment.paid"] : [],
  credit_note: (after, before) => {
    if (before === undefined) return ["credit_note.created"];
    return before["status"] === after["status"] ? ["credit_note.updated"] : ["credit_note.voided"];
  },
  "test_helpers.test_clock": (after, before) => {
    if (before === undefined) return ["test_helpers.test_clock.created"];
    if (after["deleted"] === true) return ["test_helpers.test_clock.deleted"];
    return before["status"] === after["status"] ? [] : [`test_helpers.test_clock.${String(after["status"])}`];
  },
  ...MONEY_BACK_RULES,
};

/** Types beside `*.updated` that tell the old values too: what they tell of is a change. */
const TELL_OLD_VALUES: readonly string[] = [
  "charge.refunded",
  "charge.dispute.closed",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.funds_reinstated",
];

/** Names the events that a change makes, in the order of their creation. */
export function eventTypesOf({ kind, before, after, type, also = [] }: Change): Types {
  if (type !== undefined) return [type];
  const rule = RULES[kind];
  const types = rule?.(after as Record<string, unknown>, before as Record<string, unknown> | undefined) ?? [];
  return [...types, ...also];
}

/** Finds the old values of the keys that a change touched; nothing for events that are not updates. */
export function previousAttributesOf(type: string, { before, after }: Change): object | undefined {
  const tells = /\.(updated|detached)$/.test(type) || TELL_OLD_VALUES.includes(type);
  if (before === undefined || !tells) return undefined;
  const now = after as Record<string, unknown>;
  const changed = Object.entries(before).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(now[key]));
  return Object.fromEntries(changed);
}
