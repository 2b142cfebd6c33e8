import { PACK } from "../pack";
import type { SeededRandom } from "../seeded-random";

/** What a customer does on a day; purchases are counted per customer from 0. */
export type Deed =
  | { readonly kind: "buy" }
  | { readonly kind: "spend"; readonly amount: number }
  | { readonly kind: "refund"; readonly purchase: number; readonly amountMinor: number }
  | { readonly kind: "dispute"; readonly purchase: number; readonly amountMinor: number }
  | { readonly kind: "decide"; readonly purchase: number; readonly outcome: "won" | "lost" };

/** Money that was paid so many days ago has been reconciled in every run, so its units may be spent. */
const SETTLED_DAYS = 6;
/** A dispute that was decided so many steps ago is known to be over in every run. */
const SETTLED_STEPS = 2;

/**
 * Plans what a customer does in so many steps of days. They spend only units of purchases that nobody contests and that are settled
 * for days, and have one open dispute at a time, which suspends nobody: so every run covers every spend.
 */
export function planCustomer(random: SeededRandom, steps: number, daysPerStep: number): readonly (readonly Deed[])[] {
  const days: Deed[][] = Array.from({ length: steps }, () => []);
  const kept: { readonly step: number; left: number }[] = [];
  const disputed = { until: 0 };
  let purchases = 0;
  for (let step = 0; step < steps; step += 1) {
    const today = days[step];
    if (today === undefined) break;
    if (random.below(6) === 0) {
      today.push({ kind: "buy" });
      if (random.below(2) === 0) kept.push({ step, left: PACK.units });
      else contest(random, days, { step, purchase: purchases, disputed });
      purchases += 1;
    }
    const spendable = kept.filter(
      (purchase) => (step - purchase.step) * daysPerStep >= SETTLED_DAYS && purchase.left > 0,
    );
    const [first] = spendable;
    if (first !== undefined && random.below(2) === 0) {
      const amount = 1 + random.below(first.left);
      first.left -= amount;
      today.push({ kind: "spend", amount });
    }
  }
  return days;
}

/** Puts a refund in parts, a dispute, or both on later days. */
function contest(
  random: SeededRandom,
  days: Deed[][],
  {
    step,
    purchase,
    disputed,
  }: { readonly step: number; readonly purchase: number; readonly disputed: { until: number } },
): void {
  const later = (): Deed[] | undefined => days[step + 1 + random.below(8)];
  const way = random.below(3);
  if (way !== 1) {
    later()?.push({ kind: "refund", purchase, amountMinor: 1 + random.below(PACK.priceMinor / 2) });
    if (random.below(2) === 0)
      later()?.push({ kind: "refund", purchase, amountMinor: 1 + random.below(PACK.priceMinor / 4) });
  }
  if (way !== 0) {
    const opened = Math.max(step + 9 + random.below(4), disputed.until);
    days[opened]?.push({ kind: "dispute", purchase, amountMinor: 100 + random.below(400) });
    days[opened + 2]?.push({ kind: "decide", purchase, outcome: random.pick(["won", "lost"]) });
    disputed.until = opened + 2 + SETTLED_STEPS;
  }
}
