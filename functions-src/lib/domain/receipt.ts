import { type Amount, ZERO, minus, toAmount } from "./amount";
import type { OpenLot, ReceiptLine } from "./lot";

/** Takes an amount from lots in their order. Holds: the lots hold at least the amount. */
export function takeInOrder(lots: readonly OpenLot[], amount: Amount): readonly ReceiptLine[] {
  return firstUnits(
    lots.map((lot) => ({ lotId: lot.id, class: lot.class, amount: lot.remaining })),
    amount,
  );
}

/** The first units of a receipt, in the order they were taken. */
export function firstUnits(receipt: readonly ReceiptLine[], amount: Amount): readonly ReceiptLine[] {
  const lines: ReceiptLine[] = [];
  let missing = amount;
  for (const line of receipt) {
    if (missing === 0) break;
    const part = toAmount(Math.min(missing, line.amount));
    if (part > 0) lines.push({ ...line, amount: part });
    missing = minus(missing, part);
  }
  return lines;
}

/** The last units of a receipt, newest taken first: the order in which units go back. */
export function lastUnits(receipt: readonly ReceiptLine[], amount: Amount): readonly ReceiptLine[] {
  return firstUnits([...receipt].reverse(), amount);
}

/** A receipt without what others took of it, line by line. */
export function without(receipt: readonly ReceiptLine[], taken: readonly ReceiptLine[]): readonly ReceiptLine[] {
  const left = new Map<string, number>();
  for (const line of taken) left.set(line.lotId, (left.get(line.lotId) ?? 0) + line.amount);
  return receipt.flatMap((line) => {
    const gone = Math.min(line.amount, left.get(line.lotId) ?? 0);
    left.set(line.lotId, (left.get(line.lotId) ?? 0) - gone);
    return gone === line.amount ? [] : [{ ...line, amount: toAmount(line.amount - gone) }];
  });
}

/** The units of a receipt. */
export function unitsOf(receipt: readonly ReceiptLine[]): Amount {
  return receipt.reduce<Amount>((sum, line) => toAmount(sum + line.amount), ZERO);
}
