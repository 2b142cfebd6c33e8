import { invalidRequest } from "../http/stripe-error";

const ZERO_DECIMAL = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const THREE_DECIMAL = new Set("BHD JOD KWD OMR TND".split(" "));
/** Currencies without minor units in use, which Stripe takes times 100 all the same. */
const WHOLE_HUNDREDS = new Set(["ISK", "UGX"]);

/** Least amount of a charge in minor units, by currency; others have no published minimum and take any amount above zero. */
const MINIMUM: Readonly<Record<string, number>> = {
  ...Object.fromEntries("USD EUR CHF CAD AUD NZD SGD BRL INR JPY KRW".split(" ").map((code) => [code, 50])),
  ...Object.fromEntries("PLN RON MYR AED".split(" ").map((code) => [code, 200])),
  GBP: 30,
  SEK: 300,
  NOK: 300,
  DKK: 250,
  HKD: 400,
  MXN: 1000,
  THB: 1000,
  CZK: 1500,
  HUF: 17500,
};
const MAXIMUM = 999_999_999_999;

/** Tells the least amount of a charge. Units: minor units of the currency. */
export function minimumCharge(currency: string): number {
  return MINIMUM[currency.toUpperCase()] ?? 1;
}

/** Tells how many digits of an amount stand behind the decimal point. */
export function decimalsOf(currency: string): 0 | 2 | 3 {
  const code = currency.toUpperCase();
  return ZERO_DECIMAL.has(code) ? 0 : THREE_DECIMAL.has(code) ? 3 : 2;
}

/** Writes an amount for a reader: `$10.00`, `¥500`. Units: minor units of the currency. */
export function formatAmount(amountMinor: number, currency: string): string {
  const digits = decimalsOf(currency);
  // The decimal text is made from the digits, so that no amount passes through a float.
  const padded = String(Math.abs(amountMinor)).padStart(digits + 1, "0");
  const whole = padded.slice(0, padded.length - digits);
  const decimal = digits === 0 ? whole : `${whole}.${padded.slice(-digits)}`;
  return new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(`${amountMinor < 0 ? "-" : ""}${decimal}` as Intl.StringNumericLiteral);
}

/** Checks the amount of a charge. Refuses: below the least and above the greatest amount, digits that the currency does not have. */
export function assertChargeable(amountMinor: number, currency: string, param?: string): void {
  const code = currency.toUpperCase();
  const extra = param === undefined ? {} : { param };
  const least = minimumCharge(code);
  if (amountMinor < least) {
    throw invalidRequest(
      `The amount must be greater than or equal to the minimum charge of ${formatAmount(least, code)}`,
      {
        code: "amount_too_small",
        ...extra,
      },
    );
  }
  if (amountMinor > MAXIMUM) {
    throw invalidRequest(`Amount must be no more than ${formatAmount(MAXIMUM, code)}`, {
      code: "amount_too_large",
      ...extra,
    });
  }
  assertDigits(amountMinor, code, extra);
}

/** Checks the amount of a price, which may be less than a charge. Refuses: above the greatest amount, digits that the currency does not have. */
export function assertPriceable(amountMinor: number, currency: string, param: string): void {
  if (amountMinor > MAXIMUM) {
    throw invalidRequest(`Amount must be no more than ${formatAmount(MAXIMUM, currency)}`, {
      code: "amount_too_large",
      param,
    });
  }
  assertDigits(amountMinor, currency.toUpperCase(), { param });
}

function assertDigits(amountMinor: number, code: string, extra: { readonly param?: string }): void {
  const step = WHOLE_HUNDREDS.has(code) ? 100 : THREE_DECIMAL.has(code) ? 10 : 1;
  if (amountMinor % step !== 0) {
    throw invalidRequest(`Invalid amount: amounts in ${code} must be a multiple of ${step}`, {
      code: "parameter_invalid_integer",
      ...extra,
    });
  }
}

/** Computes the fee that the simulator takes of a charge: 2.9 % and 0.30. Units: minor units. */
export function feeOf(amountMinor: number, currency: string): number {
  const fixed = { 0: 30, 2: 30, 3: 300 }[decimalsOf(currency)];
  return Math.min(amountMinor, Math.round((amountMinor * 29) / 1000) + fixed);
}
