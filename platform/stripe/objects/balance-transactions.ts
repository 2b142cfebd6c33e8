import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import {
  currency,
  integer,
  listParameters,
  mergeMetadata,
  metadata,
  text,
  unsettableText,
  type MetadataChange,
} from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { liveCustomer } from "./customers";

/** What changes a balance, and why. Units: minor units; negative amounts are credit. */
export interface BalanceChange {
  readonly customer: string;
  readonly type:
    | "adjustment"
    | "applied_to_invoice"
    | "credit_note"
    | "invoice_overpaid"
    | "invoice_too_small"
    | "unapplied_from_invoice";
  readonly amount: number;
  readonly currency: string;
  readonly now: number;
  readonly invoice?: string;
  readonly creditNote?: string;
  readonly description?: string | null | undefined;
  readonly metadata?: MetadataChange;
}

/** Tells a customer's balance in a currency: a balance in another one does not count. */
export function balanceIn(customer: Stripe.Customer, wanted: string): number {
  return customer.currency === null || customer.currency === wanted ? customer.balance : 0;
}

/** Changes a customer's balance. Refuses: a currency that is not the customer's. */
export function changeBalance(tx: Transaction, change: BalanceChange): Stripe.CustomerBalanceTransaction {
  const customer = liveCustomer(tx, change.customer);
  if (customer.currency !== null && customer.currency !== undefined && customer.currency !== change.currency) {
    throw invalidRequest(
      `You cannot combine currencies on a single customer. This customer has had a balance in ${customer.currency}.`,
      { param: "currency" },
    );
  }
  const balance = customer.balance + change.amount;
  const transaction = {
    id: tx.newId("cbtxn_"),
    object: "customer_balance_transaction",
    amount: change.amount,
    checkout_session: null,
    created: change.now,
    credit_note: change.creditNote ?? null,
    currency: change.currency,
    customer: customer.id,
    customer_account: null,
    description: change.description ?? null,
    ending_balance: balance,
    invoice: change.invoice ?? null,
    livemode: false,
    metadata: mergeMetadata({}, change.metadata),
    type: change.type,
  } satisfies Stripe.CustomerBalanceTransaction;
  tx.put("customer_balance_transaction", transaction);
  tx.put("customer", { ...customer, balance, currency: change.currency });
  return transaction;
}

function knownTransaction(tx: Transaction, customer: string, id: string): Stripe.CustomerBalanceTransaction {
  const found = tx.get("customer_balance_transaction", id);
  if (found === undefined || found.customer !== customer) throw resourceMissing("customer balance transaction", id);
  return found;
}

const PATH = "/v1/customers/:id/balance_transactions";

/** The calls of `/v1/customers/:id/balance_transactions`. */
export const balanceTransactionEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: PATH,
    parameters: z.strictObject({
      amount: integer(-999_999_999_999, 999_999_999_999),
      currency: currency(),
      description: unsettableText(350).optional(),
      metadata: metadata().optional(),
    }),
    run: (params, { tx, now }, id) => {
      if (params.amount === 0) throw invalidRequest("The amount must not be zero.", { param: "amount" });
      return changeBalance(tx, { ...params, customer: liveCustomer(tx, id).id, type: "adjustment", now });
    },
  }),
  defineEndpoint({
    method: "GET",
    path: PATH,
    parameters: z.strictObject({ ...listParameters, invoice: text().optional() }),
    run: (params, { tx }, id) => {
      liveCustomer(tx, id);
      const found = tx
        .list("customer_balance_transaction")
        .filter(({ customer }) => customer === id)
        .filter(({ invoice }) => params.invoice === undefined || invoice === params.invoice);
      return pageOf(found, `/v1/customers/${id}/balance_transactions`, params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: `${PATH}/:transaction`,
    parameters: z.strictObject({}),
    run: (_params, { tx }, id, path) => knownTransaction(tx, id, path["transaction"] ?? ""),
  }),
  defineEndpoint({
    method: "POST",
    path: `${PATH}/:transaction`,
    parameters: z.strictObject({ description: unsettableText(350).optional(), metadata: metadata().optional() }),
    run: (params, { tx }, id, path) => {
      const before = knownTransaction(tx, id, path["transaction"] ?? "");
      const after = {
        ...before,
        ...(params.description === undefined ? {} : { description: params.description }),
        metadata: mergeMetadata(before.metadata ?? {}, params.metadata),
      };
      tx.put("customer_balance_transaction", after);
      return after;
    },
  }),
];
