/** Chance that can be repeated: the same seed gives the same numbers. */
export interface SeededRandom {
  /** A whole number from 0 up to, and without, `below`. */
  below(below: number): number;
  /** One of the items; there must be one at least. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

/** Creates a source of numbers by the mulberry32 generator, which passes the usual tests of chance and fits in a line. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: (items) => items[below(items.length)] ?? items[0] };
}
