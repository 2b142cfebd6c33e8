import type { SeededRandom } from "../seeded-random";

const MOST_REPEATS = 2;

/** Draws an order of the items that are left, with up to two of all repeated somewhere in between. */
export function drawOrder<Item>(
  random: SeededRandom,
  { left, all }: { readonly left: readonly Item[]; readonly all: readonly [Item, ...Item[]] },
): readonly Item[] {
  const repeats = Array.from({ length: random.below(MOST_REPEATS + 1) }, () => random.pick(all));
  const undrawn: Item[] = [...left, ...repeats];
  const drawn: Item[] = [];
  while (undrawn.length > 0) drawn.push(...undrawn.splice(random.below(undrawn.length), 1));
  return drawn;
}
