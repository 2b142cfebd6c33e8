import Stripe from "stripe";
import type { NotSimulated } from "./step";

/** Makes a call that is not simulated. Answers what is wrong about how it is refused: Stripe's error that names the call or a parameter. */
export async function refusalOf(
  client: Stripe,
  { call, make }: Pick<NotSimulated, "call" | "make">,
): Promise<readonly string[]> {
  const asked: string[] = [];
  const listen = ({ method, path }: Stripe.RequestEvent): void => void asked.push(`${method}: ${path.split("?")[0]}`);
  client.on("request", listen);
  try {
    await make(client);
    return [`${call} is listed as not simulated, and is answered`];
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return [`${call} is refused by ${String(error)}`];
    const { statusCode, message, param } = error;
    const namesCall = statusCode === 404 && message.includes(`Unrecognized request URL (${asked.at(-1)})`);
    const namesParameter = statusCode === 400 && param !== undefined && message.includes(param);
    return namesCall || namesParameter ? [] : [`${call} is refused without its name: ${statusCode} ${message}`];
  } finally {
    client.off("request", listen);
  }
}
