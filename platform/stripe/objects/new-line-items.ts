import type Stripe from "stripe";
import type { StoredLineItem, WirePrice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { mergeMetadata } from "../http/parameters";
import { invalidRequest } from "../http/stripe-error";
import { timesQuantity } from "../money/decimal";
import type { LineItemParameters } from "./checkout-parameters";
import { knownPrice, newPrice } from "./prices";
import { liveProduct, newProduct } from "./new-product";

/** Builds a line item in the currency of the session, else of its price. Refuses: a bad price, an amount that is too large. */
export function newLineItem(
  tx: Transaction,
  item: LineItemParameters,
  { index, now, currency }: { readonly index: number; readonly now: number; readonly currency: string | undefined },
): StoredLineItem {
  const at = `line_items[${index}]`;
  const price = priceOf(tx, item, { at, now });
  const unit = unitOf(tx, price, { currency, at });
  const amount = timesQuantity(unit.decimal, item.quantity);
  if (!Number.isSafeInteger(amount)) {
    throw invalidRequest("Amount is too large", { code: "amount_too_large", param: at });
  }
  const product = tx.get("product", price.product);
  return {
    id: tx.newId("li_"),
    object: "item",
    adjustable_quantity: adjustableOf(item),
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: unit.currency,
    description: product !== undefined && "name" in product ? product.name : null,
    metadata: mergeMetadata({}, item.metadata),
    price: price.id,
    quantity: item.quantity,
  } satisfies StoredLineItem;
}

/** Finds what one piece costs in the wanted currency. Refuses: a currency that the price does not have. */
export function unitOf(
  tx: Transaction,
  price: WirePrice,
  { currency, at }: { readonly currency: string | undefined; readonly at: string },
): { readonly currency: string; readonly decimal: string } {
  if (currency === undefined || currency === price.currency) {
    return { currency: price.currency, decimal: price.unit_amount_decimal ?? "0" };
  }
  const option = tx.get("price_details", price.id)?.currencyOptions[currency];
  if (option === undefined) {
    throw invalidRequest(
      `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
      { param: `${at}[price]` },
    );
  }
  return { currency, decimal: option.unit_amount_decimal ?? "0" };
}

function adjustableOf({ adjustable_quantity: given }: LineItemParameters): Stripe.LineItem.AdjustableQuantity | null {
  if (given === undefined) return null;
  return { enabled: given.enabled, maximum: given.maximum ?? 99, minimum: given.minimum ?? 0 };
}

function priceOf(
  tx: Transaction,
  { price: priceId, price_data: data }: LineItemParameters,
  { at, now }: { readonly at: string; readonly now: number },
): WirePrice {
  if ((priceId === undefined) === (data === undefined)) {
    throw invalidRequest(`You must specify either \`price\` or \`price_data\` for ${at}.`, { param: `${at}[price]` });
  }
  if (priceId !== undefined) {
    const price = knownPrice(tx, priceId, `${at}[price]`);
    if (price.type === "recurring") {
      throw invalidRequest("You specified `payment` mode but passed a recurring price.", { param: `${at}[price]` });
    }
    if (!price.active) {
      throw invalidRequest(`The price specified is inactive. This field only accepts active prices.`, {
        param: `${at}[price]`,
      });
    }
    return price;
  }
  if ((data?.product === undefined) === (data?.product_data === undefined)) {
    throw invalidRequest(`You must specify either \`product\` or \`product_data\` for ${at}[price_data].`, {
      param: `${at}[price_data][product]`,
    });
  }
  let productId = data?.product;
  if (productId !== undefined) liveProduct(tx, productId, `${at}[price_data][product]`);
  else {
    // Prices and products that are written into a session cannot be used again, so Stripe keeps them inactive.
    const product = newProduct(tx, { name: "", ...data?.product_data, active: false }, now);
    tx.putQuietly("product", product);
    productId = product.id;
  }
  const fields = {
    currency: data?.currency ?? "",
    unit_amount: data?.unit_amount,
    unit_amount_decimal: data?.unit_amount_decimal,
    tax_behavior: data?.tax_behavior,
  };
  const price = newPrice(tx, { ...fields, product: productId, active: false }, now);
  tx.putQuietly("price", price);
  return price;
}
