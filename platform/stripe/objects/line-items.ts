import type { StoredLineItem } from "../core/kinds";
import type { Transaction } from "../core/store";
import { pageOf, type ListParameters, type Page } from "../http/list";

/** Shows the line items of a checkout session, in their order, with their prices. */
export function lineItemsOf(tx: Transaction, sessionId: string, params: ListParameters): Page<{ id: string }> {
  const items = tx.get("checkout_details", sessionId)?.lineItems ?? [];
  const page = pageOf<StoredLineItem>(items, `/v1/checkout/sessions/${sessionId}/line_items`, params);
  return { ...page, data: page.data.map((item) => ({ ...item, price: tx.get("price", item.price) ?? null })) };
}
