import type { BalanceAnswer, CheckoutAnswer, HistoryAnswer } from "../../../functions-src/lib/contract";
import { packCheckout } from "../pack";
import { until } from "../until";
import { type Person, type Stage, type Stored, signIn, signUp, withDatabase } from "./stage";

/** Tokens of a new account with its first pack. */
const TOKENS = 103;

/** A person with a pack. */
export interface Buyer extends Person {
  readonly sessionId: string;
  readonly customerId: string;
  readonly paymentIntentId: string;
}

/** Makes a person who bought a pack and whose card is kept. */
export async function newBuyer(stage: Stage): Promise<Buyer> {
  const person = await signUp(stage);
  const [door] = stage.doors();
  const user = await signIn(door, person.email);
  const checkout = { ...packCheckout("first"), saveCard: true };
  const { sessionId } = (await user.callFunction("billing/checkout", checkout)) as CheckoutAnswer;
  await stage.simulator().simulate(`checkout/${sessionId}/pay`, {});
  await until(
    "the pack",
    () => balanceOf(stage, person),
    (tokens) => tokens === TOKENS,
  );
  const session = await stage.simulator().sdk.checkout.sessions.retrieve(sessionId);
  const references = { customerId: String(session.customer), paymentIntentId: String(session.payment_intent) };
  return { ...person, sessionId, ...references };
}

/** The tokens a person can spend. */
export async function balanceOf(stage: Stage, person: Person): Promise<number> {
  const [door] = stage.doors();
  const user = await signIn(door, person.email);
  return ((await user.callFunction("wallet/balance", { accountId: person.accountId })) as BalanceAnswer).available;
}

/** The entries of some kind in a person's ledger. */
export async function entriesOf(stage: Stage, person: Person, kind: string): Promise<HistoryAnswer["entries"]> {
  const [door] = stage.doors();
  const user = await signIn(door, person.email);
  const page = { accountId: person.accountId, limit: 200, kinds: [kind] };
  return ((await user.callFunction("wallet/history", page)) as HistoryAnswer).entries;
}

/** The states of an account's messages of one kind. */
export function messageStates(stage: Stage, accountId: string, kind: string): Promise<readonly unknown[]> {
  return withDatabase(stage, async (db) => {
    const rows = await db.collection<Stored>("outbox").find({ accountId, kind }).toArray();
    return rows.map(({ state }) => state);
  });
}
