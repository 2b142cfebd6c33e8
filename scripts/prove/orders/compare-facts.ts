import type { Facts } from "./stories";

/** A fact that is not as the story must end. */
export interface FactDifference {
  readonly fact: string;
  readonly expected: number;
  readonly found: number;
}

/** Compares what a story must end in with what the product came to, fact by fact. */
export function compareFacts(expected: Facts, found: Facts): readonly FactDifference[] {
  return (Object.keys(expected) as (keyof Facts)[])
    .filter((fact) => expected[fact] !== found[fact])
    .map((fact) => ({ fact, expected: expected[fact], found: found[fact] }));
}
