/** What goes wrong with one product, whose time can be moved. */
export interface Mishap {
  readonly name: string;
  /** What is spoiled: Stripe's call itself, or what comes between its answer and our mark. */
  readonly where: "work" | "between";
  /** An effect of the simulator's faults, for the spoiled call; `commit`: Stripe does the work all the same. */
  readonly effect: { readonly kind: string; readonly commit: boolean; readonly status?: number };
  /** How many calls of each caller are spoiled; null = all until it is over, so that the product has to come again by itself after the SDK gave up. */
  readonly times: number | null;
  /** `waits`: nothing is done to the product; `killed`: it is killed in that moment and started again. */
  readonly product: "waits" | "killed";
  /** How much later everything comes again. */
  readonly laterSeconds: number;
}

/** Longer than what Stripe failed at rests before it is asked for again. */
const SOON = 180;
/** Stripe has forgotten its idempotency keys by then. */
export const A_DAY_LATER = 25 * 3600;
/** The mishaps of one product. */
export const MISHAPS: readonly Mishap[] = [
  {
    name: "answers reset, again soon",
    where: "work",
    effect: { kind: "reset", commit: true },
    times: null,
    product: "waits",
    laterSeconds: SOON,
  },
  {
    name: "answers cut, again after 25 h",
    where: "work",
    effect: { kind: "cut", commit: true },
    times: null,
    product: "waits",
    laterSeconds: A_DAY_LATER,
  },
  {
    name: "500 kept under the key, work done, again soon",
    where: "work",
    effect: { kind: "status", status: 500, commit: true },
    times: null,
    product: "waits",
    laterSeconds: SOON,
  },
  {
    name: "500 kept under the key, nothing done, again soon",
    where: "work",
    effect: { kind: "status", status: 500, commit: false },
    times: null,
    product: "waits",
    laterSeconds: SOON,
  },
  {
    name: "answer hangs, time limit of the SDK",
    where: "work",
    effect: { kind: "hang", commit: true },
    times: 1,
    product: "waits",
    laterSeconds: 0,
  },
  {
    name: "killed on the way, work done, again soon",
    where: "work",
    effect: { kind: "hang", commit: true },
    times: null,
    product: "killed",
    laterSeconds: SOON,
  },
  {
    name: "killed on the way, work done, again after 25 h",
    where: "work",
    effect: { kind: "hang", commit: true },
    times: null,
    product: "killed",
    laterSeconds: A_DAY_LATER,
  },
  {
    name: "killed on the way, nothing done, again after 25 h",
    where: "work",
    effect: { kind: "hang", commit: false },
    times: null,
    product: "killed",
    laterSeconds: A_DAY_LATER,
  },
  {
    name: "killed between answer and mark, again soon",
    where: "between",
    effect: { kind: "hang", commit: true },
    times: null,
    product: "killed",
    laterSeconds: SOON,
  },
  {
    name: "killed between answer and mark, again after 25 h",
    where: "between",
    effect: { kind: "hang", commit: true },
    times: null,
    product: "killed",
    laterSeconds: A_DAY_LATER,
  },
];
