/** Tells the account's time; everything that Stripe would date reads it from here. Units: unix seconds. */
export interface Clock {
  nowSeconds(): number;
}

/** The account clock of the first cut: real time. */
export const realClock: Clock = { nowSeconds: () => Math.floor(Date.now() / 1000) };
