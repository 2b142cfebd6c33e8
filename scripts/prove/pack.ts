/** Units and price of the pack that everybody buys. */
export const PACK = { id: "pack-100", units: 100, priceMinor: 1000 } as const;

/** What a buyer of one pack asks of `billing/checkout`. */
export function packCheckout(key: string): object {
  return { key, pack: PACK.id, successUrl: "https://shop.example/", cancelUrl: "https://shop.example/" };
}
