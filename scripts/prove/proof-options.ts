import { parseArgs } from "node:util";

/**
 * Reads how large a proof is and where its chance begins, such as `--rounds 200 --seed 7`; what is not given stays as usual.
 * Throws: an Error that names what is not a whole number above zero.
 */
export function readProofOptions<Name extends string>(
  given: readonly string[],
  usual: Readonly<Record<Name, number>>,
): Readonly<Record<Name, number>> {
  const names = Object.keys(usual) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  const { values } = parseArgs({ args: [...given], options });
  const read = names.map((name) => [name, readWhole(name, values[name], usual[name])]);
  return Object.fromEntries(read) as Record<Name, number>;
}

function readWhole(name: string, text: string | boolean | undefined, usual: number): number {
  const value = text === undefined ? usual : Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`Expected --${name} to be a whole number above zero, got "${text}"`);
}
