const SCALE = 12;

/** Multiplies a decimal of minor units, given as text, and rounds half up to whole ones; no float is between. */
export function timesQuantity(decimal: string, quantity: number): number {
  const [whole = "0", fraction = ""] = decimal.split(".");
  const scaled = BigInt(whole + fraction.padEnd(SCALE, "0").slice(0, SCALE)) * BigInt(quantity);
  const one = 10n ** BigInt(SCALE);
  return Number((scaled * 2n + one) / (one * 2n));
}
