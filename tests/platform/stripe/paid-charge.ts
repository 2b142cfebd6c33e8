import type Stripe from "stripe";
import type { SimulatorUnderTest } from "./simulator-under-test";

type Client = Pick<SimulatorUnderTest, "sdk">;

/** Pays 99.00 with a test payment method, and answers the charge as it was a moment later. */
export async function paidCharge(
  { sdk }: Client,
  { method = "pm_card_visa", amount = 9900, currency = "usd" } = {},
): Promise<Stripe.Charge> {
  const intent = await sdk.paymentIntents.create({ amount, currency, payment_method: method, confirm: true });
  return sdk.charges.retrieve(String(intent.latest_charge));
}

/** Runs work, and lists the events that it made, oldest first. */
export async function eventsOf({ sdk }: Client, work: () => Promise<unknown>): Promise<Stripe.Event[]> {
  const [last] = (await sdk.events.list({ limit: 1 })).data;
  await work();
  const { data } = await sdk.events.list({ limit: 100, ...(last === undefined ? {} : { ending_before: last.id }) });
  return data.toReversed();
}

/** Names the types of the events that work made, oldest first. */
export async function typesOf(client: Client, work: () => Promise<unknown>): Promise<string[]> {
  return (await eventsOf(client, work)).map(({ type }) => type);
}

/** Adds up what an object and the account's balance had to do with each other. */
export async function netOf({ sdk }: Client, source: string): Promise<number> {
  const { data } = await sdk.balanceTransactions.list({ source, limit: 100 });
  for (const { amount, fee, net } of data) expect(net).toBe(amount - fee);
  return data.reduce((sum, { net }) => sum + net, 0);
}
