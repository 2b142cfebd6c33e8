import Stripe from "stripe";
import { documentedParameters } from "./documented-parameters";

/** Which of the parameters that the SDK documents for a call the simulator does not know. */
export interface CallParameters {
  readonly call: string;
  readonly documented: readonly string[];
  readonly refused: readonly string[];
}

/**
 * Makes a call once with each of its documented parameters alone, and sees which are refused as unknown; whatever else is wrong with it does
 * not count. Throws: the SDK's error when the simulator fails on a parameter.
 */
export async function refusedParameters(client: Stripe, call: string): Promise<CallParameters> {
  const { ids, names } = documentedParameters(call);
  const path = call.split(".");
  const resource = path.slice(0, -1).reduce<unknown>((at, part) => Reflect.get(at as object, part), client) as object;
  const method = Reflect.get(resource, path.at(-1) ?? "") as (...given: unknown[]) => Promise<unknown>;
  const refused: string[] = [];
  for (const name of names) {
    const given = [...Array.from({ length: ids }, () => "none"), { [name]: "x" }];
    try {
      await Reflect.apply(method, resource, given);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeAPIError) throw error;
      if (isUnknown(error, name)) refused.push(name);
    }
  }
  return { call, documented: names, refused };
}

function isUnknown(error: unknown, name: string): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === "parameter_unknown" && error.param === name;
}
