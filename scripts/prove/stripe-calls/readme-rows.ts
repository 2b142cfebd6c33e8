import Stripe from "stripe";
import { documentedCalls, OBJECTS } from "./documented-calls";
import { NOT_SIMULATED } from "./not-simulated";

/** Writes the table of the simulator's README: by object the calls that the proof tries, and those that are refused with the reason. */
export function readmeRows(): readonly string[] {
  const stripe = new Stripe("sk_test_of_the_table");
  return OBJECTS.map((object) => {
    const absent = NOT_SIMULATED.filter(({ call }) => call.startsWith(`${object}.`));
    const refused = new Set(absent.map(({ call }) => call));
    const name = (call: string): string => call.slice(object.length + 1);
    const tried = documentedCalls(stripe, object).filter((call) => !refused.has(call));
    const reasons = [...new Set(absent.map(({ why }) => why))].map((why) => {
      const calls = absent.filter((one) => one.why === why).map(({ call }) => name(call));
      return `${calls.join(", ")} (${why})`;
    });
    return `| \`${object}\` | ${tried.map(name).join(", ") || "–"} | ${reasons.join("; ") || "–"} |`;
  });
}
