import type Stripe from "stripe";
import { z } from "zod";
import type { WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { pageOf, type ListParameters, type Page } from "../http/list";
import { text } from "../http/parameters";
import { invalidRequest } from "../http/stripe-error";
import types from "./tax-id-types.json";

/** What a tax id is made of, by its own call and with its customer. */
export const taxIdParameters = z.strictObject({
  type: z.enum(types as [Stripe.TaxId.Type, ...Stripe.TaxId.Type[]]),
  value: text(100),
});

/** Types that Stripe asks a registry about; the question stays open here. */
const VERIFIED: readonly string[] = ["au_abn", "eu_vat", "gb_vat"];

/** Makes a tax id of a customer. Refuses: `tax_id_invalid` for a European number without its country. */
export function newTaxId(
  tx: Transaction,
  { type, value }: z.output<typeof taxIdParameters>,
  { customer, now }: { readonly customer: string; readonly now: number },
): Stripe.TaxId {
  if (type === "eu_vat" && !/^[A-Z]{2}[0-9A-Z+*]{2,12}$/i.test(value)) {
    throw invalidRequest(`Invalid value for ${type}.`, { code: "tax_id_invalid", param: "value" });
  }
  const taxId = {
    id: tx.newId("txi_"),
    object: "tax_id",
    country: countryOf(type, value),
    created: now,
    customer,
    customer_account: null,
    livemode: false,
    owner: { type: "customer", customer, customer_account: null },
    type,
    value,
    verification: VERIFIED.includes(type) ? { status: "pending", verified_address: null, verified_name: null } : null,
  } satisfies Stripe.TaxId;
  tx.put("tax_id", taxId);
  showOnDrafts(tx, customer);
  return taxId;
}

function countryOf(type: string, value: string): string | null {
  if (type === "eu_oss_vat") return null;
  // Greece is EL in its numbers and GR everywhere else.
  const country = (type === "eu_vat" ? value : type).slice(0, 2).toUpperCase();
  return country === "EL" ? "GR" : country;
}

/** Shows the tax ids of a customer as invoices do, the oldest first. */
export function shownTaxIds(tx: Pick<Transaction, "list">, customer: string): Stripe.Invoice.CustomerTaxId[] {
  return livingTaxIds(tx, customer)
    .map(({ type, value }) => ({ type, value }))
    .toReversed();
}

/** Lists the tax ids of a customer, as `expand` shows them too. */
export function taxIdsOf(tx: Transaction, customer: string, params: ListParameters): Page<Stripe.TaxId> {
  return pageOf(livingTaxIds(tx, customer), `/v1/customers/${customer}/tax_ids`, params);
}

/** Finds the tax ids of a customer that are not deleted, newest first. */
export function livingTaxIds(tx: Pick<Transaction, "list">, customer: string): readonly Stripe.TaxId[] {
  const living = tx.list("tax_id").filter((taxId) => taxId.deleted !== true) as Stripe.TaxId[];
  return living.filter((taxId) => taxId.customer === customer);
}

/** Brings the drafts of a customer in line with their tax ids; a final invoice keeps what they had then. */
export function showOnDrafts(tx: Transaction, customer: string): void {
  const customer_tax_ids = shownTaxIds(tx, customer);
  for (const invoice of tx.list("invoice")) {
    if (invoice.deleted === true || invoice.status !== "draft" || invoice.customer !== customer) continue;
    tx.putQuietly("invoice", { ...(invoice as WireInvoice), customer_tax_ids });
  }
}
