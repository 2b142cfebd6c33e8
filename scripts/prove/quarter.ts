import { buildApp } from "../build/build-app";
import { readProofOptions } from "./proof-options";
import { type QuarterBooks, runQuarter } from "./quarter/run-quarter";

/** Shares of deliveries that are lost, late and repeated, each; the first run is the one that the others are held against. */
const SHARES = [0, 0.01, 0.2];

/** What two quarters that should be alike differ in. */
interface Difference {
  readonly share: number;
  readonly of: string;
  readonly undisturbed: string | undefined;
  readonly disturbed: string | undefined;
}

/** What the quarters came to. Holds for a passed proof: `differences` is empty, and each run is verified and mended all by itself. */
export interface QuarterProof {
  readonly purchases: number;
  readonly runs: readonly (Omit<QuarterBooks, "causes" | "wallets"> & { readonly share: number })[];
  readonly differences: readonly Difference[];
}

/** Runs the proof from the command line with `--rounds` (200) customers. Returns: whether it holds. */
export async function quarterProof(given: readonly string[]): Promise<boolean> {
  const { rounds, seed } = readProofOptions(given, { rounds: 200, seed: 1 });
  await buildApp();
  const proof = await proveQuarter({ customers: rounds, seed, shares: SHARES, report: (line) => console.log(line) });
  console.log(JSON.stringify({ ...proof, differences: proof.differences.slice(0, 5) }));
  return quarterHolds(proof);
}

/** Tells whether a proof holds; a run that was to be disturbed and was not proves nothing. */
export function quarterHolds({ runs, differences }: QuarterProof): boolean {
  const sound = runs.every(({ share, verified, alerted, deliveriesSpoiled }) => {
    return verified && alerted === 0 && deliveriesSpoiled > 0 === share > 0;
  });
  return sound && differences.length === 0;
}

/**
 * Lives the same simulated quarter several times: undisturbed first, then with a share of all Stripe deliveries lost, as many late
 * and as many repeated. After reconciliation every purchase has granted and given back the same units, and every wallet has
 * spent and holds the same.
 */
export async function proveQuarter(options: {
  readonly customers: number;
  readonly seed: number;
  readonly shares: readonly number[];
  readonly report: (line: string) => void;
}): Promise<QuarterProof> {
  const { customers, seed, shares, report } = options;
  const quarters: (QuarterBooks & { readonly share: number })[] = [];
  for (const share of shares) quarters.push({ share, ...(await runQuarter({ customers, seed, share }, report)) });
  const [undisturbed, ...disturbed] = quarters;
  if (undisturbed === undefined) throw new Error("No quarter was lived");
  return {
    purchases: Object.keys(undisturbed.causes).length,
    runs: quarters.map(({ causes: _causes, wallets: _wallets, ...run }) => run),
    differences: disturbed.flatMap((books) => compare(books.share, undisturbed, books)),
  };
}

function compare(share: number, undisturbed: QuarterBooks, disturbed: QuarterBooks): readonly Difference[] {
  return (["causes", "wallets"] as const).flatMap((part) =>
    Object.keys({ ...undisturbed[part], ...disturbed[part] })
      .filter((of) => undisturbed[part][of] !== disturbed[part][of])
      .map((of) => ({ share, of, undisturbed: undisturbed[part][of], disturbed: disturbed[part][of] })),
  );
}
