import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StripeCallsProof } from "../stripe-calls";
import { NOT_SIMULATED } from "./not-simulated";

const SIMULATOR = join(__dirname, "..", "..", "..", "platform", "stripe");
const CALLS = { file: join(SIMULATOR, "README.md"), head: "| object | tried | not simulated |\n|---|---|---|\n" };
const PARAMETERS = { file: join(SIMULATOR, "parameters.md"), head: "| object | call | parameters |\n|---|---|---|\n" };

type Proof = Pick<StripeCallsProof, "objects" | "parameters">;
type Table = typeof CALLS;

/** Writes by object the calls that are tried, and those that are refused with the reason. */
export function callRows({ objects }: Proof): readonly string[] {
  return objects.map(({ object, tried, notSimulated }) => {
    const absent = NOT_SIMULATED.filter(({ call }) => notSimulated.includes(call));
    const reasons = [...new Set(absent.map(({ why }) => why))].map((why) => {
      const calls = absent.filter((one) => one.why === why).map(({ call }) => nameOf(call));
      return `${calls.join(", ")} (${why})`;
    });
    return `| \`${object}\` | ${tried.map(nameOf).join(", ") || "–"} | ${reasons.join("; ") || "–"} |`;
  });
}

/** Writes by call the documented parameters that are refused as unknown. */
export function parameterRows({ parameters }: Proof): readonly string[] {
  return parameters
    .filter(({ refused }) => refused.length > 0)
    .map(({ call, refused }) => {
      const object = call.slice(0, -nameOf(call).length - 1);
      return `| \`${object}\` | ${nameOf(call)} | ${refused.map((name) => `\`${name}\``).join(", ")} |`;
    });
}

/** Reads the tables as they stand in the documents. */
export function readTables(): { readonly calls: readonly string[]; readonly parameters: readonly string[] } {
  return { calls: cut(CALLS).rows.split("\n"), parameters: cut(PARAMETERS).rows.split("\n") };
}

/** Writes the tables of a proof into the documents. */
export function writeTables(proof: Proof): void {
  for (const [table, rows] of [
    [CALLS, callRows(proof)],
    [PARAMETERS, parameterRows(proof)],
  ] as const) {
    const { before, after } = cut(table);
    writeFileSync(table.file, before + rows.join("\n") + after);
  }
}

function nameOf(call: string): string {
  return call.slice(call.lastIndexOf(".") + 1);
}

function cut({ file, head }: Table): { readonly before: string; readonly rows: string; readonly after: string } {
  const text = readFileSync(file, "utf8");
  const from = text.indexOf(head) + head.length;
  if (from < head.length) throw new Error(`Expected ${file} to have the table ${head.split("\n")[0]}`);
  const end = text.indexOf("\n\n", from);
  const to = end < 0 ? text.trimEnd().length : end;
  return { before: text.slice(0, from), rows: text.slice(from, to), after: text.slice(to) };
}
