import { proveMishaps, proveRuntimes } from "../../scripts/prove/once";
import type { Cell } from "../../scripts/prove/once/cell";
import { A_DAY_LATER, MISHAPS } from "../../scripts/prove/once/mishaps";
import { AT_ONCE } from "../../scripts/prove/once/play-runtimes";

const report = (): void => undefined;
const SUBJECTS = ["refund", "customer", "top-up"] as const;

/** The cells of mishaps after which everything is there once. */
const onceEach = (mishaps: readonly { readonly name: string }[], wishes: number): readonly Partial<Cell>[] =>
  mishaps.flatMap(({ name }) =>
    SUBJECTS.map((subject) => ({
      mishap: name,
      subject,
      wishes,
      atStripe: wishes,
      inBooks: wishes,
      ended: wishes,
      wrong: [],
    })),
  );
const withoutTimes = (cells: readonly Cell[]): readonly Partial<Cell>[] =>
  cells.map(({ elapsedMs: _elapsedMs, ...cell }) => cell);

describe("one refund, one Stripe customer, one top-up charge (all mishaps in `npm run prove -- once`)", () => {
  it("come when the whole product is killed in the middle and everything comes again 25 hours later", async () => {
    const mishaps = MISHAPS.filter(({ product, laterSeconds }) => product === "killed" && laterSeconds === A_DAY_LATER);
    const cells = await proveMishaps({ mishaps, wishes: 1, report });
    expect(withoutTimes(cells)).toEqual(onceEach(mishaps, 1));
  }, 120_000);

  it("come when two runtimes on one database and one Stripe are asked at once", async () => {
    const cells = await proveRuntimes({ mishaps: [AT_ONCE], wishes: 1, report });
    expect(withoutTimes(cells)).toEqual(onceEach([AT_ONCE], 1));
  }, 120_000);
});
