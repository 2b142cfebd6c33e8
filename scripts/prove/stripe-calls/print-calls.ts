import colors from "picocolors";
import type { StripeCallsProof } from "../stripe-calls";

/** Prints what was proven by object, and everything that is wrong. */
export function printCalls({ steps, objects, parameters, wrong }: StripeCallsProof): void {
  const width = Math.max(...objects.map(({ object }) => object.length));
  for (const { object, tried, documented, notSimulated } of objects) {
    const count = `${tried.length}`.padStart(3);
    const absent = notSimulated.map((call) => call.slice(object.length + 1)).join(", ");
    const rest = absent === "" ? "" : colors.dim(`  not simulated: ${absent}`);
    console.log(`${object.padEnd(width)} ${count} of ${`${documented.length}`.padStart(2)} tried${rest}`);
  }
  const sum = (pick: (object: (typeof objects)[number]) => readonly string[]): number =>
    objects.reduce((total, object) => total + pick(object).length, 0);
  const [all, tried, absent] = [sum((one) => one.documented), sum((one) => one.tried), sum((one) => one.notSimulated)];
  console.log(
    `${steps} steps: ${tried} of ${all} documented calls tried, ${absent} refused by name, ${wrong.length} wrong`,
  );
  const documented = parameters.reduce((total, one) => total + one.documented.length, 0);
  const refused = parameters.reduce((total, one) => total + one.refused.length, 0);
  console.log(
    `Of ${documented} documented parameters of these calls, ${documented - refused} are read, ${refused} refused by name`,
  );
  for (const line of wrong) console.log(colors.red(line));
}
