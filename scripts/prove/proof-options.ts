import { parseArgs } from "node:util";

/** How large a proof is, and where its chance begins. */
export interface ProofOptions {
  readonly rounds: number;
  readonly seed: number;
}

/** Reads `--rounds` and `--seed`. Throws: an Error that names what is not a whole number above zero. */
export function readProofOptions(given: readonly string[], usual: ProofOptions): ProofOptions {
  const { values } = parseArgs({ args: [...given], options: { rounds: { type: "string" }, seed: { type: "string" } } });
  return { rounds: readWhole("rounds", values.rounds, usual.rounds), seed: readWhole("seed", values.seed, usual.seed) };
}

function readWhole(name: string, text: string | undefined, usual: number): number {
  const value = text === undefined ? usual : Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`Expected --${name} to be a whole number above zero, got "${text}"`);
}
