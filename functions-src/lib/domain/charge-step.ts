const THREE_DECIMAL: ReadonlySet<string> = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);
const WITHOUT_MINOR_UNITS: ReadonlySet<string> = new Set(["ISK", "UGX"]);

/**
 * Tells of which number every amount that Stripe charges or refunds in a currency must be a multiple: 10 where there are three decimals, 100 for
 * currencies that Stripe takes times 100 though they have no minor unit, else 1.
 * Units: minor units of the currency as Stripe counts them. Source: Stripe, "Supported currencies", special cases.
 */
export function chargeStepOf(currency: string): number {
  if (THREE_DECIMAL.has(currency)) return 10;
  return WITHOUT_MINOR_UNITS.has(currency) ? 100 : 1;
}
