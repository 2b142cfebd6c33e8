import { type Amount, ZERO, isAmount, toAmount } from "./amount";

/**
 * What a use of a feature costs in tokens. `fixed`: per call, whatever the quantity. `per_unit`: for each unit. `tiered`: each
 * unit of a call at the price of the tier it falls into; the last tier has no end.
 */
export type FeaturePrice =
  | { readonly kind: "fixed"; readonly tokens: Amount }
  | { readonly kind: "per_unit"; readonly tokens: Amount }
  | { readonly kind: "tiered"; readonly tiers: readonly { readonly upTo: Amount | null; readonly tokens: Amount }[] };

/** Prices a quantity; null when the price passes 2^53-1. */
export function priceOf(price: FeaturePrice, quantity: Amount): Amount | null {
  switch (price.kind) {
    case "fixed":
      return price.tokens;
    case "per_unit":
      return amountOrNull(price.tokens * quantity);
    case "tiered":
      return tieredPrice(price.tiers, quantity);
  }
}

function tieredPrice(
  tiers: readonly { readonly upTo: Amount | null; readonly tokens: Amount }[],
  quantity: Amount,
): Amount | null {
  let priced: Amount = ZERO;
  let cost = 0;
  for (const { upTo, tokens } of tiers) {
    const inTier = Math.min(quantity, upTo ?? quantity) - priced;
    if (inTier <= 0) continue;
    cost += inTier * tokens;
    priced = toAmount(priced + inTier);
  }
  return amountOrNull(cost);
}

function amountOrNull(value: number): Amount | null {
  return isAmount(value) ? value : null;
}
