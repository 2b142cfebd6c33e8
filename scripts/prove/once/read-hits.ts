import type { Stage } from "./stage";

/** How often each rule of the simulator's faults has hit, in the order of the rules. */
export async function readHits(stage: Stage): Promise<readonly number[]> {
  const response = await fetch(`${stage.simulator().url}/_sim/faults`);
  const { rules } = (await response.json()) as { readonly rules: readonly { readonly hits: number }[] };
  return rules.map(({ hits }) => hits);
}
