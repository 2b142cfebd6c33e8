import { buildApp } from "../build/build-app";
import { readSettings } from "../start/settings";
import { startProduct } from "../start/start-product";
import { type Sample, runSamples } from "./orders/run-samples";
import { readProofOptions } from "./proof-options";

/** A sample that did not end as its story must. */
type Difference = Pick<Sample, "index" | "story" | "pace" | "order" | "differences">;

/** What the samples came to. Holds for a passed proof: `differences` is empty, nothing strayed, and the ledger is verified. */
export interface OrdersProof {
  readonly samples: number;
  readonly stories: Readonly<Record<string, number>>;
  readonly deliveries: number;
  readonly repeats: number;
  readonly outOfOrder: number;
  readonly paces: Readonly<Record<string, number>>;
  readonly waits: number;
  readonly strays: number;
  readonly differences: readonly Difference[];
  readonly verified: boolean;
}

/** Runs the proof from the command line: `--samples` (500) from `--seed` (1). Returns: whether it holds. */
export async function ordersProof(given: readonly string[]): Promise<boolean> {
  const options = readProofOptions(given, { samples: 500, seed: 1 });
  await buildApp();
  const proof = await proveOrders({ ...options, report: (line) => console.log(line) });
  console.log(
    JSON.stringify({ ...proof, differences: proof.differences.slice(0, 5), differing: proof.differences.length }),
  );
  return ordersHold(proof);
}

/** Tells whether a proof holds; events that came in the order they were made would prove nothing. */
export function ordersHold({ differences, strays, outOfOrder, verified }: OrdersProof): boolean {
  return verified && differences.length === 0 && strays === 0 && outOfOrder > 0;
}

/**
 * Plays stories of money at the simulator while no event is delivered, then delivers the events in a random order, some twice,
 * signed and through the front door of the running product. Each account must end as its story says, whatever the order.
 */
export async function proveOrders(options: {
  readonly samples: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}): Promise<OrdersProof> {
  const settings = readSettings({ PORT: "0", DATA_DIR: ":memory:", TEST_CLOCK: "1" });
  const product = await startProduct(settings, () => undefined);
  try {
    const { samples, ...books } = await runSamples(product, options, options.report);
    return {
      ...books,
      samples: samples.length,
      stories: countsOf(samples.map(({ story }) => story)),
      paces: countsOf(samples.map(({ pace }) => pace)),
      deliveries: samples.reduce((sum, { order }) => sum + order.length, 0),
      repeats: samples.reduce((sum, { repeats }) => sum + repeats, 0),
      outOfOrder: samples.filter(({ isInOrder }) => !isInOrder).length,
      differences: samples.filter(({ differences }) => differences.length > 0).map(differenceOf),
    };
  } finally {
    await product.close();
  }
}

function differenceOf({ index, story, pace, order, differences }: Sample): Difference {
  return { index, story, pace, order, differences };
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
