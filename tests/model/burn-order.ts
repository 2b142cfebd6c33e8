import type { GrantTerms, LotClass } from "./steps";

/** A lot as the model keeps it. */
export interface Lot extends Omit<GrantTerms, "startsAt"> {
  readonly name: string;
  readonly startsAt: number;
  readonly grantedAt: number;
  readonly granted: number;
  left: number;
  pending: boolean;
}

const CLASSES: readonly LotClass[] = ["promo", "allocation", "pack"];

/** The published order: priority, scope, end, class, currency, cost per unit, start, age. */
export function inBurnOrder(lots: readonly Lot[]): Lot[] {
  const compare = (x: string | number | bigint, y: string | number | bigint): number => (x < y ? -1 : x > y ? 1 : 0);
  return [...lots].sort(
    (x, y) =>
      compare(x.priority, y.priority) ||
      compare(x.scope?.length ?? Infinity, y.scope?.length ?? Infinity) ||
      compare(x.endsAt ?? Infinity, y.endsAt ?? Infinity) ||
      compare(CLASSES.indexOf(x.class), CLASSES.indexOf(y.class)) ||
      compare(x.currency ?? "", y.currency ?? "") ||
      compare(BigInt(x.costMinor) * BigInt(y.granted), BigInt(y.costMinor) * BigInt(x.granted)) ||
      compare(x.startsAt, y.startsAt) ||
      lots.indexOf(x) - lots.indexOf(y),
  );
}
