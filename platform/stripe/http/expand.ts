import type { Kind } from "../core/kinds";
import type { Transaction } from "../core/store";
import type { Form } from "./form";
import { TOTAL_COUNT } from "./search";
import { invalidRequest } from "./stripe-error";
import { confirmationSecretOf, paymentsOf } from "../objects/invoice-payments";
import { lineItemsOf } from "../objects/line-items";
import { refundsOfCharge } from "../objects/refunds-of-charge";
import { taxIdsOf } from "../objects/new-tax-id";

const MAX_LEVELS = 4;

/** Fields that hold an id, by the object that has them (a part of one is named after its field), and the kind, or the kinds, that the id names. */
const REFERENCES: Readonly<Record<string, Readonly<Record<string, Kind | readonly Kind[]>>>> = {
  "checkout.session": {
    customer: "customer",
    invoice: "invoice",
    payment_intent: "payment_intent",
    setup_intent: "setup_intent",
  },
  payment_intent: { customer: "customer", latest_charge: "charge", payment_method: "payment_method" },
  setup_intent: { customer: "customer", payment_method: "payment_method" },
  charge: { customer: "customer", payment_intent: "payment_intent", balance_transaction: "balance_transaction" },
  invoice: { customer: "customer", default_payment_method: "payment_method", test_clock: "test_helpers.test_clock" },
  invoiceitem: { customer: "customer", invoice: "invoice", test_clock: "test_helpers.test_clock" },
  invoice_payment: { invoice: "invoice" },
  customer_balance_transaction: { customer: "customer", invoice: "invoice", credit_note: "credit_note" },
  credit_note: {
    customer: "customer",
    customer_balance_transaction: "customer_balance_transaction",
    invoice: "invoice",
  },
  "credit_note.refunds": { refund: "refund" },
  "invoice_payment.payment": { payment_intent: "payment_intent" },
  "invoiceitem.pricing.price_details": { price: "price" },
  "line_item.pricing.price_details": { price: "price" },
  customer: { test_clock: "test_helpers.test_clock" },
  tax_id: { customer: "customer" },
  "tax_id.owner": { customer: "customer" },
  balance_transaction: { source: ["charge", "refund", "dispute"] },
  payment_method: { customer: "customer" },
  promotion_code: { customer: "customer" },
  "promotion_code.promotion": { coupon: "coupon" },
  "customer.invoice_settings": { default_payment_method: "payment_method" },
  "checkout.session.discounts": { coupon: "coupon", promotion_code: "promotion_code" },
  price: { product: "product" },
  product: { default_price: "price" },
  refund: {
    balance_transaction: "balance_transaction",
    charge: "charge",
    customer: "customer",
    failure_balance_transaction: "balance_transaction",
    payment_intent: "payment_intent",
    payment_method: "payment_method",
  },
  dispute: { charge: "charge", payment_intent: "payment_intent" },
  "radar.early_fraud_warning": { charge: "charge", payment_intent: "payment_intent" },
};

/** Fields that are there only when they are asked for. */
const INCLUDABLE: Readonly<Record<string, Readonly<Record<string, (tx: Transaction, id: string) => object | null>>>> = {
  "checkout.session": {
    line_items: (tx, id) => lineItemsOf(tx, id, { limit: 10 }),
  },
  customer: {
    tax_ids: (tx, id) => taxIdsOf(tx, id, { limit: 10 }),
  },
  invoice: { payments: paymentsOf, confirmation_secret: confirmationSecretOf },
  charge: {
    refunds: (tx, id) => refundsOfCharge(tx, id, { limit: 10 }),
  },
  price: {
    currency_options: (tx, id) => tx.get("price_details", id)?.currencyOptions ?? {},
  },
  coupon: {
    applies_to: (tx, id) => {
      const products = tx.get("coupon_details", id)?.products ?? null;
      return products === null ? null : { products };
    },
    currency_options: (tx, id) => tx.get("coupon_details", id)?.currencyOptions ?? {},
  },
};

/** Fields that can be walked through but are whole already. */
const EMBEDDED: Readonly<Record<string, readonly string[]>> = {
  item: ["price"],
  invoice: ["lines"],
  invoiceitem: ["pricing"],
  line_item: ["pricing"],
  invoice_payment: ["payment"],
  credit_note: ["lines", "refunds"],
  "invoiceitem.pricing": ["price_details"],
  "line_item.pricing": ["price_details"],
  customer: ["invoice_settings"],
  tax_id: ["owner"],
  promotion_code: ["promotion"],
  "checkout.session": ["discounts"],
};

/** Takes `expand` out of a form. Refuses: anything but a list of paths. */
export function takeExpand(form: Form): { readonly paths: readonly string[]; readonly rest: Form } {
  const { expand: given, ...rest } = form;
  if (given === undefined || given === "") return { paths: [], rest };
  if (!Array.isArray(given) || !given.every((path) => typeof path === "string")) {
    throw invalidRequest("Invalid array: expand must be a list of paths", { param: "expand" });
  }
  for (const path of given as string[]) {
    const levels = path.split(".").filter((part) => part !== "data").length;
    if (levels > MAX_LEVELS) {
      throw invalidRequest(`You cannot expand more than ${MAX_LEVELS} levels of a property: ${path}`, {
        param: "expand",
      });
    }
  }
  return { paths: given as string[], rest };
}

/** Puts whole objects where paths ask for them; the answer is a copy. Refuses: a path that cannot be expanded. */
export function expand(tx: Transaction, answer: object, paths: readonly string[]): object {
  return paths.reduce((result, path) => expandPath(tx, result, path.split("."), path), answer);
}

function expandPath(tx: Transaction, object: object, parts: readonly string[], path: string, part = ""): object {
  const [field, ...rest] = parts;
  if (field === undefined) return object;
  if (Array.isArray(object)) {
    return (object as readonly object[]).map((item) => expandPath(tx, item, parts, path, part));
  }
  const type = String(Reflect.get(object, "object") ?? part);
  if (type === "search_result" && field === "total_count") {
    return { ...object, total_count: Reflect.get(object, TOTAL_COUNT) };
  }
  const isList = type === "list" || type === "search_result";
  if (isList !== (field === "data")) throw notExpandable(path, isList);
  if (isList) {
    const data = Reflect.get(object, "data") as readonly object[];
    return { ...object, data: data.map((item) => expandPath(tx, item, rest, path)) };
  }
  const value = valueOf(tx, object, { type, field, path });
  if (value === null) return { ...object, [field]: null };
  return { ...object, [field]: expandPath(tx, value, rest, path, `${type}.${field}`) };
}

function valueOf(
  tx: Transaction,
  object: object,
  { type, field, path }: { readonly type: string; readonly field: string; readonly path: string },
): object | null {
  const present: unknown = Reflect.get(object, field);
  const includable = INCLUDABLE[type]?.[field];
  if (includable !== undefined) return (present as object | undefined) ?? includable(tx, Reflect.get(object, "id"));
  const kinds = [REFERENCES[type]?.[field] ?? []].flat();
  if (kinds.length === 0 && !(EMBEDDED[type] ?? []).includes(field)) throw notExpandable(path, false);
  if (typeof present === "object" && present !== null) return present;
  if (typeof present !== "string") return null;
  return kinds.map((kind) => tx.get(kind, present)).find((found) => found !== undefined) ?? null;
}

function notExpandable(path: string, isList: boolean): Error {
  const hint = isList ? ` You may want to try expanding 'data.${path}' instead.` : "";
  return invalidRequest(`This property cannot be expanded (${path}).${hint}`, { param: "expand" });
}
